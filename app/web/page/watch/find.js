/** Finding words in the transcript: all of them counted, one after another shown. */

import { h, told } from "/page/dom.js";
import { Finder } from "/page/watch/finder.js";

const PAUSE = 120; // milliseconds after a key

export function find(bar, transcript) {
  const finder = new Finder(transcript);
  const box = h("input", { type: "search", placeholder: "Find in transcript", "aria-label": "Find in transcript" });
  const count = h("span", { class: "dim small number", role: "status" });
  const [before, next] = [["‹", "Previous match", -1], ["›", "Next match", 1]].map(([sign, label, by]) =>
    h("button", { type: "button", class: "quiet step", "aria-label": label, title: label, disabled: true, onclick: () => finder.step(by) }, sign),
  );
  finder.addEventListener("found", () => {
    for (const button of [before, next]) button.disabled = !finder.count;
    count.textContent = words(finder);
  });
  byKeys(box, finder);
  bar.append(h("div", { class: "row grow", role: "search", "aria-label": "In this transcript" }, box, before, next, count));
}

function words({ wanted, count, number }) {
  if (!wanted) return "";
  return count ? `${number} of ${count}` : "nothing found";
}

function byKeys(box, finder) {
  let waiting = 0;
  const look = () => {
    clearTimeout(waiting);
    told(() => finder.look(box.value.trim()));
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    if (event.key === "Escape" && !box.value) return; // the page's keys leave the box
    event.preventDefault();
    if (event.key === "Escape") box.value = "";
    if (box.value.trim() !== finder.wanted) look();
    else if (finder.count) finder.step(event.shiftKey ? -1 : 1);
  });
}
