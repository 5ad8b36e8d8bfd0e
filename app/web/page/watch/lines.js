/** All passages as one text, a line each: read when it is wanted, and anew after a correction. */

import { lastAtMost } from "/page/watch/sorted.js";

const TOGETHER = 100; // passages that are read at once

export class Lines {
  #text = null;
  #starts = [];

  constructor(transcript) {
    this.transcript = transcript;
    transcript.addEventListener("written", () => (this.#text = null));
  }

  async read(rest) {
    if (this.#text !== null) return this.#text;
    const [texts, starts] = [[], []];
    let place = 0;
    for (let number = 0; number < this.transcript.passages.length; number += 1) {
      texts.push(this.transcript.textOf(number));
      starts.push(place);
      place += texts[number].length + 1;
      if (number % TOGETHER === 0) await rest();
    }
    this.#starts = starts;
    this.#text = texts.join("\n");
    return this.#text;
  }

  /** Number of the passage that has this place of the text that was read last. */
  passageAt(place) {
    return lastAtMost(this.#starts, place);
  }

  /** Where that passage begins; behind the last one, the end of all. */
  startOf(number) {
    return this.#starts[number] ?? Infinity;
  }

  /** From one place to another: a range of each passage in between, as it stands on the page. */
  ranges(from, until) {
    const made = [];
    for (let number = this.passageAt(from); this.startOf(number) < until; number += 1) {
      const letters = this.transcript.wordsOf(number).firstChild;
      if (!letters) continue;
      const [startOffset, endOffset] = [from, until].map((each) => within(each - this.startOf(number), letters));
      made.push(new StaticRange({ startContainer: letters, startOffset, endContainer: letters, endOffset }));
    }
    return made;
  }
}

function within(place, { length }) {
  return Math.min(Math.max(0, place), length);
}
