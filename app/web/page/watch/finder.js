/** What is sought in a transcript, and the place among those found that its reader is at. */

import { Lines } from "/page/watch/lines.js";
import { Marks } from "/page/watch/marks.js";
import { NOWHERE, placesOf } from "/page/watch/places.js";
import { lastAtMost } from "/page/watch/sorted.js";
import { rests } from "/page/watch/rests.js";

export class Finder extends EventTarget {
  /** What was asked for last. */
  wanted = "";
  #asked = new AbortController();
  #places = NOWHERE;
  #here = -1;

  /** Event: `found` when it is known how many there are, and at each step. */
  constructor(transcript) {
    super();
    this.transcript = transcript;
    this.lines = new Lines(transcript);
    this.marks = new Marks(transcript, this.lines);
    transcript.addEventListener("written", () => this.wanted && this.#again());
  }

  get count() {
    return this.#places.starts.length;
  }

  /** 1..count; 0 where nothing is found. */
  get number() {
    return this.#here + 1;
  }

  /** Goes to the first place in what is being said, or behind it. */
  async look(wanted) {
    this.wanted = wanted;
    if (!(await this.#seek())) return;
    const said = this.lines.startOf(Math.max(0, this.transcript.current));
    this.#goTo(this.#firstAt(said) % this.count);
  }

  /** Back or on; behind the last comes the first. */
  step(by) {
    if (this.count) this.#goTo((this.#here + by + this.count) % this.count);
  }

  /** After a correction; its reader stays. */
  async #again() {
    const place = this.#places.starts[this.#here] ?? 0;
    const passage = this.lines.passageAt(place);
    const letters = place - this.lines.startOf(passage);
    if (!(await this.#seek())) return;
    this.#here = Math.min(this.count - 1, this.#firstAt(this.lines.startOf(passage) + letters));
    this.#tell();
  }

  /** False when something else is asked for meanwhile. */
  async #seek() {
    this.#asked.abort();
    this.#asked = new AbortController();
    this.#places = NOWHERE;
    const rest = rests(this.#asked.signal);
    try {
      const text = this.wanted ? await this.lines.read(rest) : "";
      this.#places = await placesOf(text, this.wanted, rest);
    } catch (error) {
      if (error.name === "AbortError") return false;
      throw error;
    }
    this.marks.show(this.#places);
    return true;
  }

  /** Number of the first that begins there or behind it. */
  #firstAt(place) {
    return lastAtMost(this.#places.starts, place - 1) + 1;
  }

  #goTo(number) {
    this.#here = this.count ? number : -1;
    if (this.count) this.transcript.visit(this.lines.passageAt(this.#places.starts[number]));
    this.#tell();
  }

  #tell() {
    this.marks.point(this.#here);
    this.dispatchEvent(new Event("found"));
  }
}
