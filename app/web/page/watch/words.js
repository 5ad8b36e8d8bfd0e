/** The word that is being said, marked without any element for it; and the word under a click. */

import { lastAtMost } from "/page/watch/sorted.js";

const MARK = "word";
const NEAR = 0.01; // seconds
const LINGERS = 0.3; // seconds that a word stays marked in the pause behind it

export class Words {
  #known = null;
  #changed = new Set();
  #shown = -1;

  constructor(transcript, player) {
    Object.assign(this, { transcript, player });
    player.addEventListener("time", () => this.#mark());
    transcript.root?.addEventListener("click", (event) => this.#seek(event));
  }

  /** As `result.js` tells them, in place of those of before. */
  take(known) {
    if (known.segments.length - 1 !== this.transcript.passages.length) return; // taken in anew meanwhile
    this.#known = known;
    this.#changed.clear();
    this.#forget();
    this.transcript.root?.classList.toggle("timed", known.starts.length > 0);
    this.#mark();
  }

  /** The words of that passage are others now. */
  drop(segment) {
    this.#changed.add(segment);
    this.#forget();
  }

  #forget() {
    this.#shown = -1;
    globalThis.CSS.highlights?.delete(MARK);
  }

  #mark() {
    const word = this.#at(this.player.time);
    if (word === this.#shown || !CSS.highlights) return;
    this.#shown = word;
    const range = word < 0 ? null : this.#range(word);
    if (range) CSS.highlights.set(MARK, new Highlight(range));
    else CSS.highlights.delete(MARK);
  }

  /** Number of the word that is said at that second; -1 in a pause. */
  #at(seconds) {
    const segment = this.transcript.current;
    if (!this.#has(segment)) return -1;
    const { starts, ends } = this.#known;
    const word = this.#last(segment, starts, seconds + NEAR);
    return word >= 0 && seconds < ends[word] + LINGERS ? word : -1;
  }

  #has(segment) {
    return Boolean(this.#known) && segment >= 0 && !this.#changed.has(segment);
  }

  /** Number of the last word of the segment whose value is at most `most`; -1 for none. */
  #last(segment, values, most) {
    const [first, end] = this.#known.segments.subarray(segment, segment + 2);
    const word = lastAtMost(values, most, first, end);
    return word < first ? -1 : word;
  }

  #range(word) {
    const letters = this.transcript.wordsOf(this.transcript.current).firstChild;
    const { places, lengths } = this.#known;
    const end = places[word] + lengths[word];
    if (!letters || end > letters.length) return null;
    return new StaticRange({
      startContainer: letters, startOffset: places[word], endContainer: letters, endOffset: end,
    });
  }

  /** Whoever marks words to copy them does not want to go there. */
  #seek(event) {
    const text = event.target.closest?.("p[id] > span");
    if (!text || text.isContentEditable || !getSelection().isCollapsed) return;
    const segment = this.transcript.numberOf(text);
    this.player.seek(this.#under(event, segment) ?? this.transcript.startOf(segment));
  }

  #under(event, segment) {
    const place = placeOf(event);
    if (place === null || !this.#has(segment)) return undefined;
    const word = this.#last(segment, this.#known.places, place);
    return word < 0 ? undefined : this.#known.starts[word];
  }
}

/** Characters before the click, in its text. */
function placeOf({ clientX, clientY }) {
  if (document.caretPositionFromPoint) return document.caretPositionFromPoint(clientX, clientY)?.offset ?? null;
  return document.caretRangeFromPoint?.(clientX, clientY)?.startOffset ?? null;
}
