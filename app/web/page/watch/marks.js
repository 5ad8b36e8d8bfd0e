/** What was found, marked where it is in sight: a letter stands in ten hours 100,000 times. */

import { lastAtMost } from "/page/watch/sorted.js";
import { NOWHERE } from "/page/watch/places.js";

const MOST = 2000; // places that are marked at once
const AHEAD = "50% 0px"; // of the window, above and below it

export class Marks {
  #places = NOWHERE;
  #inSight = new Set();
  #looking = false;
  #looks = new IntersectionObserver((changes) => this.#look(changes), { rootMargin: AHEAD });

  constructor(transcript, lines) {
    Object.assign(this, { transcript, lines });
    this.stretches = transcript.root.querySelectorAll(".stretch");
  }

  /** Those, and none of before. */
  show(places) {
    this.#places = places;
    const some = places.starts.length > 0;
    if (some !== this.#looking) this.#watch(some);
    this.#mark();
  }

  /** The one that its reader has gone to; -1 for none. */
  point(number) {
    mark("here", this.#rangesOf(number), 1);
  }

  #watch(wanted) {
    this.#looking = wanted;
    this.#inSight.clear();
    if (wanted) this.stretches.forEach((each) => this.#looks.observe(each));
    else this.#looks.disconnect();
  }

  #look(changes) {
    for (const { target, isIntersecting } of changes) {
      if (isIntersecting) this.#inSight.add(target);
      else this.#inSight.delete(target);
    }
    this.#mark();
  }

  #mark() {
    const ranges = [...this.#inSight].flatMap((stretch) => this.#within(stretch));
    mark("found", ranges.slice(0, MOST));
  }

  #within(stretch) {
    const passages = stretch.querySelectorAll("p[id]");
    const first = this.transcript.numberOf(passages[0]);
    const [from, until] = [first, first + passages.length].map((each) => this.lines.startOf(each));
    const ranges = [];
    let number = lastAtMost(this.#places.ends, from) + 1; // the first that ends behind its beginning
    for (; this.#places.starts[number] < until && ranges.length < MOST; number += 1) {
      ranges.push(...this.#rangesOf(number));
    }
    return ranges;
  }

  #rangesOf(number) {
    const { starts, ends } = this.#places;
    return number in starts ? this.lines.ranges(starts[number], ends[number]) : [];
  }
}

/** Where marks meet, the one of the highest priority is seen. */
function mark(name, ranges, priority = 0) {
  if (!globalThis.CSS?.highlights) return;
  if (ranges.length) CSS.highlights.set(name, Object.assign(new Highlight(...ranges), { priority }));
  else CSS.highlights.delete(name);
}
