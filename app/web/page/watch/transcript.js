/** The passages of the page, by number and by time. */

import { lastAtMost } from "/page/watch/sorted.js";

const NEAR = 0.01; // seconds: addresses tell thousandths

export class Transcript extends EventTarget {
  #starts;
  #numbers;
  #current = -1;
  #asked;

  /**
   * Events: `current` when another passage is being said, `visit` when a reader goes to one,
   * `written` when one has other words, `named` when speakers have other names.
   */
  constructor(root, player) {
    super();
    this.root = root;
    this.passages = root ? [...root.querySelectorAll("p[id]")] : [];
    this.#starts = Float64Array.from(this.passages, (each) => Number(each.id.slice(2)));
    this.#asked = root?.querySelector(".here") ?? null;
    this.#numbers = new Map(this.passages.map((each, number) => [each, number]));
    player.addEventListener("time", () => this.#mark(this.at(player.time)));
    this.root?.addEventListener("click", (event) => this.#byTime(event, player));
  }

  get current() {
    return this.#current;
  }

  /** Number of the last passage that has begun at that second; -1 before the first. */
  at(seconds) {
    return lastAtMost(this.#starts, seconds + NEAR);
  }

  startOf(number) {
    return this.#starts[number];
  }

  /** Of the passage that `node` stands in; -1 where there is none. */
  numberOf(node) {
    const element = node instanceof Element ? node : node?.parentElement;
    return this.#numbers.get(element?.closest("p[id]")) ?? -1;
  }

  /** The element that holds the words alone. */
  wordsOf(number) {
    return this.passages[number].querySelector("span");
  }

  textOf(number) {
    return this.wordsOf(number).textContent;
  }

  /** Other words, by number of the passage. */
  write(words) {
    for (const [number, text] of words) this.wordsOf(number).textContent = text;
    this.dispatchEvent(new Event("written"));
  }

  /** `names` of speakers, by their labels; who has none is called by the label. */
  name(names) {
    for (const said of this.root?.querySelectorAll("p > b") ?? []) {
      const label = said.parentElement.dataset.speaker;
      said.textContent = `${names[label] ?? label}:`;
    }
    this.dispatchEvent(new CustomEvent("named", { detail: names }));
  }

  /** Into sight; a long way at once, so that nothing in between is laid out. */
  show(number) {
    const passage = this.passages[number];
    if (!passage) return;
    const { top } = passage.getBoundingClientRect();
    const near = Math.abs(top) < 2 * innerHeight && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    passage.scrollIntoView({ block: "center", behavior: near ? "smooth" : "instant" });
  }

  /** Where its reader wants to be, whatever is said. */
  visit(number) {
    this.dispatchEvent(new Event("visit"));
    this.show(number);
  }

  /** To measure one that the browser leaves out would have it laid out. */
  isInSight(number) {
    const passage = this.passages[number];
    if (!passage || passage.checkVisibility?.({ contentVisibilityAuto: true }) === false) return false;
    const { top, bottom } = passage.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  }

  #mark(number) {
    if (number === this.#current) return;
    // what was asked for is marked until something else is said
    if (this.#current >= 0) this.#asked?.classList.remove("here");
    this.passages[this.#current]?.removeAttribute("aria-current");
    this.passages[number]?.setAttribute("aria-current", "true");
    this.#current = number;
    this.dispatchEvent(new Event("current"));
  }

  /** A click on the time of a passage. */
  #byTime(event, player) {
    if (!event.target.closest("p[id] > a") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.seek(this.startOf(this.numberOf(event.target)));
  }
}
