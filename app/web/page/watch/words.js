/** The word that is being said, marked without any element for it; and the word under a click. */

import { lastAtMost } from "/page/watch/sorted.js";
import { wordPlaces } from "/page/watch/word_places.js";

const MARK = "word";
const NEAR = 0.01; // seconds
const LINGERS = 0.3; // seconds that a word stays marked in the pause behind it

export class Words {
  #known = null;
  /** Of passages that were corrected since, by their numbers: their words alone. */
  #corrected = new Map();
  #shown = { segment: -1, word: -1 };

  constructor(transcript, player) {
    Object.assign(this, { transcript, player });
    player.addEventListener("time", () => this.#mark());
    transcript.root?.addEventListener("click", (event) => this.#seek(event));
  }

  /** As `result.js` tells them, in place of those of before. */
  take(known) {
    if (known.segments.length - 1 !== this.transcript.passages.length) return; // taken in anew meanwhile
    this.#known = known;
    this.#corrected.clear();
    this.#forget();
    this.transcript.root?.classList.toggle("timed", known.starts.length > 0);
    this.#mark();
  }

  /** A passage as the service tells it after a correction. */
  correct({ id, text, words }) {
    this.#corrected.set(id, wordPlaces([{ text, words }]));
    this.#forget();
    this.#mark();
  }

  #forget() {
    this.#shown = { segment: -1, word: -1 };
    globalThis.CSS.highlights?.delete(MARK);
  }

  #mark() {
    const segment = this.transcript.current;
    const word = this.#at(segment, this.player.time);
    const { segment: before, word: shown } = this.#shown;
    if ((word === shown && (word < 0 || segment === before)) || !CSS.highlights) return;
    this.#shown = { segment, word };
    const range = word < 0 ? null : this.#range(segment, word);
    if (range) CSS.highlights.set(MARK, new Highlight(range));
    else CSS.highlights.delete(MARK);
  }

  /** Number of the word that is said at that second; -1 in a pause. */
  #at(segment, seconds) {
    const word = this.#last(segment, "starts", seconds + NEAR);
    return word >= 0 && seconds < this.#of(segment).ends[word] + LINGERS ? word : -1;
  }

  /** The arrays that the words of a passage stand in; null of what is not known. */
  #of(segment) {
    return segment < 0 ? null : (this.#corrected.get(segment) ?? this.#known);
  }

  /** Number of the last word of the segment whose value is at most `most`; -1 for none. */
  #last(segment, values, most) {
    const known = this.#of(segment);
    if (!known) return -1;
    const alone = this.#corrected.has(segment);
    const [first, end] = known.segments.subarray(alone ? 0 : segment, (alone ? 0 : segment) + 2);
    const word = lastAtMost(known[values], most, first, end);
    return word < first ? -1 : word;
  }

  #range(segment, word) {
    const letters = this.transcript.wordsOf(segment).firstChild;
    const { places, lengths } = this.#of(segment);
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
    const word = place === null ? -1 : this.#last(segment, "places", place);
    return word < 0 ? undefined : this.#of(segment).starts[word];
  }
}

/** Characters before the click, in its text. */
function placeOf({ clientX, clientY }) {
  if (document.caretPositionFromPoint) return document.caretPositionFromPoint(clientX, clientY)?.offset ?? null;
  return document.caretRangeFromPoint?.(clientX, clientY)?.startOffset ?? null;
}
