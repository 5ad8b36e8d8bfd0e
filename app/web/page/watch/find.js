/** Finding words in the transcript: all of them marked, one after another shown. */

import { h } from "/page/dom.js";
import { lastAtMost } from "/page/watch/sorted.js";

const MOST = 5000; // places that are marked
const PAUSE = 120; // milliseconds after a key

export function find(bar, transcript) {
  const box = h("input", { type: "search", placeholder: "Find in transcript", "aria-label": "Find in transcript" });
  const count = h("span", { class: "dim small number", role: "status" });
  const [before, next] = [["‹", "Previous match", -1], ["›", "Next match", 1]].map(([sign, label, step]) =>
    h("button", { type: "button", class: "quiet step", "aria-label": label, title: label, disabled: true, onclick: () => go(step) }, sign),
  );
  const numberOf = (range) => transcript.numberOf(range.startContainer);
  let [places, here, waiting] = [[], -1, 0];

  function look() {
    places = found(transcript, box.value.trim());
    here = places.findIndex(([first]) => numberOf(first) >= transcript.current);
    mark("found", places.slice(0, MOST));
    for (const button of [before, next]) button.disabled = !places.length;
    go(0);
  }

  function go(step) {
    if (places.length) here = (Math.max(here, 0) + step + places.length) % places.length;
    mark("here", places.slice(here, here + 1));
    const many = `${here + 1} of ${places.length}`;
    count.textContent = box.value.trim() ? (places.length ? many : "nothing found") : "";
    if (places.length) transcript.visit(numberOf(places[here][0]));
  }

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") box.value = "";
    if (event.key === "Escape") look();
    if (event.key !== "Enter") return;
    event.preventDefault();
    go(event.shiftKey ? -1 : 1);
  });
  bar.append(h("div", { class: "row grow", role: "search", "aria-label": "In this transcript" }, box, before, next, count));
}

/** Ranges of each place: several where it goes over from one passage to the next. */
function found(transcript, wanted) {
  if (!wanted) return [];
  const texts = transcript.passages.map((_, number) => transcript.textOf(number));
  const starts = [];
  texts.reduce((place, text) => starts.push(place) && place + text.length + 1, 0);
  const words = wanted.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const pattern = new RegExp(words.join("\\s+"), "giu");
  return Array.from(texts.join("\n").matchAll(pattern), ({ index, 0: { length } }) =>
    ranges(transcript, starts, index, index + length),
  );
}

function ranges(transcript, starts, from, until) {
  const made = [];
  for (let number = lastAtMost(starts, from); number < starts.length && starts[number] < until; number += 1) {
    const letters = transcript.wordsOf(number).firstChild;
    if (!letters) continue;
    const [startOffset, endOffset] = [from, until].map((each) => Math.min(Math.max(0, each - starts[number]), letters.length));
    made.push(new StaticRange({ startContainer: letters, startOffset, endContainer: letters, endOffset }));
  }
  return made;
}

function mark(name, places) {
  if (!globalThis.CSS?.highlights) return;
  const ranges = places.flat();
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}
