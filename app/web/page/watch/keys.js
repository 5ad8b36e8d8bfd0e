/** The keys of the player. */

import { h } from "/page/dom.js";
import { keys as take, show } from "/page/keys.js";
import { fullScreen } from "/page/watch/controls.js";

const AGAIN = 2; // seconds into a passage from which "before" means its own beginning

/** Returns what takes one more: `[names, what it does, acts]`, as the page has them. */
export function keys(player, transcript, box) {
  const rows = [
    ["Space or k", "Play, pause", { " ": () => player.toggle(), k: () => player.toggle() }],
    ["j, l", "10 seconds back, on", { j: () => player.skip(-10), l: () => player.skip(10) }],
    ["← →", "5 seconds back, on", { ArrowLeft: () => player.skip(-5), ArrowRight: () => player.skip(5) }],
    [", .", "To the passage before, the next", {
      ",": () => player.seek(before(player, transcript)),
      ".": () => player.seek(transcript.startOf(transcript.at(player.time) + 1) ?? player.time),
    }],
    ["m", "Mute", { m: () => player.mute() }],
    ["f", "Full screen", { f: () => fullScreen(box) }],
    ["Click", "On a word, a time or the waveform: goes there", {}],
  ];
  take(rows);
  const help = { type: "button", class: "quiet small help", "aria-keyshortcuts": "?", onclick: show };
  box.querySelector(".controls").append(h("button", help, "Keys"));
  return (row) => rows.splice(-1, 0, row); // before what is no key
}

function before(player, transcript) {
  const here = transcript.at(player.time);
  const start = transcript.startOf(here) ?? 0;
  return player.time - start > AGAIN ? start : (transcript.startOf(here - 1) ?? 0);
}
