/** The keys of the player. */

import { h } from "/page/dom.js";
import { fullScreen } from "/page/watch/controls.js";

const AGAIN = 2; // seconds into a passage from which "before" means its own beginning
const WORDS = [
  ["Space or k", "play, pause"], ["j, l", "10 seconds back, on"], ["← →", "5 seconds back, on"],
  [", .", "to the passage before, the next"], ["m", "mute"], ["f", "full screen"],
  ["e", "correct the passage"], ["/", "search everything"], ["?", "these keys"],
];

/** Returns the table of them, for more to be added: key to what it does with the event. */
export function keys(player, transcript, box) {
  const table = new Map([
    [" ", () => player.toggle()], ["k", () => player.toggle()],
    ["j", () => player.skip(-10)], ["l", () => player.skip(10)],
    ["ArrowLeft", () => player.skip(-5)], ["ArrowRight", () => player.skip(5)],
    ["m", () => player.mute()], ["f", () => fullScreen(box)],
    [",", () => player.seek(before(player, transcript))],
    [".", () => player.seek(transcript.startOf(transcript.at(player.time) + 1) ?? player.time)],
  ]);
  addEventListener("keydown", (event) => {
    const act = ours(event) && table.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!act) return;
    event.preventDefault();
    act(event);
  });
  // before those of every page, which has a list of its own
  addEventListener("keydown", (event) => {
    if (event.key !== "?" || !ours(event)) return;
    event.preventDefault();
    shown(table);
  }, { capture: true });
  box.querySelector(".controls").append(
    h("button", { type: "button", class: "quiet small help", "aria-keyshortcuts": "?", onclick: () => shown(table) }, "Keys"),
  );
  return table;
}

function ours(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  const { target } = event;
  if (target.isContentEditable || target.closest?.("input, select, textarea")) return false;
  if (document.querySelector("dialog[open]")) return false;
  return event.key !== " " || !target.closest?.("button, summary");
}

function before(player, transcript) {
  const here = transcript.at(player.time);
  const start = transcript.startOf(here) ?? 0;
  return player.time - start > AGAIN ? start : (transcript.startOf(here - 1) ?? 0);
}

/** Who may not correct anything has no key for it. */
function shown(table) {
  const known = WORDS.filter(([key]) => key !== "e" || table.has(key));
  const rows = known.map(([key, does]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, does)));
  const close = h("button", { autofocus: true }, "Close");
  const form = h("form", { method: "dialog" }, h("h2", {}, "Keys"), h("table", {}, rows),
    h("p", { class: "dim" }, "A click on a word, a time or the waveform goes there."),
    h("p", { class: "row end" }, close));
  const box = h("dialog", { "aria-label": "Keys", onclose: () => box.remove() }, form);
  document.body.append(box);
  box.showModal();
}
