/** What was said so far, a line a segment; it follows the speech while one reads at its end. */

import { h } from "/page/dom.js";
import { clock } from "/page/format.js";
import { ended, kind, spoken } from "/page/job_words.js";

/** Pixels from the end at which one still reads at the end. */
const NEAR = 60;

export class Transcript {
  #lines = h("ol", { class: "segments", tabindex: 0, "aria-label": "Transcript" });
  #empty = h("p", { class: "dim" });
  #waiting = [];
  #count = 0;
  #drawn = 0;
  #follows = false;

  constructor(job) {
    this.element = h("section", { "aria-label": "Transcript", hidden: !spoken(job) },
      h("h2", {}, "Transcript"), this.#empty, this.#lines);
    this.#lines.hidden = true;
  }

  /** A stream that began again may tell what is there already. */
  add(segment) {
    if (segment.id < this.#count) return;
    this.#count = segment.id + 1;
    this.#waiting.push(segment);
    // a whole transcript comes at once
    this.#drawn ||= setTimeout(() => this.#draw(), 100);
  }

  /** What is said where nothing is said. */
  told(job) {
    this.#follows = !ended(job);
    this.#empty.hidden = this.#count > 0;
    this.#empty.textContent = ended(job) ? none(job) : "What is said appears here, as it is heard.";
  }

  #draw() {
    this.#drawn = 0;
    const box = this.#lines;
    const follows = this.#follows && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    box.append(...this.#waiting.splice(0).map(line));
    box.hidden = false;
    this.#empty.hidden = true;
    if (follows) box.scrollTop = box.scrollHeight;
  }
}

function line({ start, text, speaker }) {
  const who = speaker && h("b", { class: "speaker" }, speaker);
  return h("li", {}, h("time", { class: "dim small" }, clock(start)), h("p", {}, who, text));
}

function none(job) {
  return kind(job) === "completed" ? "Nobody speaks in it." : "It ended before anything was heard.";
}
