/** What was spoken: the player and the transcript, each following the other. */

import { chaptersOf } from "/page/watch/chapters.js";
import { controls } from "/page/watch/controls.js";
import { find } from "/page/watch/find.js";
import { follow } from "/page/watch/follow.js";
import { frames } from "/page/watch/frames.js";
import { keys } from "/page/watch/keys.js";
import { given, keepAddress } from "/page/watch/moment.js";
import { narrow } from "/page/watch/narrow.js";
import { Player } from "/page/watch/player.js";
import { Transcript } from "/page/watch/transcript.js";
import { waveform } from "/page/watch/waveform.js";
import { Words } from "/page/watch/words.js";

/** Returns the page as `revision.js` has it, and what adds to it what comes later. */
export function spoken(main) {
  const box = main.querySelector(".player");
  const player = new Player(box.querySelector("video, audio"), Number(main.dataset.duration) || 0);
  const transcript = new Transcript(main.querySelector("#transcript"), player);
  const words = new Words(transcript, player);
  const chapters = chaptersOf(main, player);
  const bar = transcript.passages.length ? toolbar(transcript) : null;
  waveform(box, player, { chapters, transcript });
  controls(box, player);
  frames(main.querySelector(".frames"), player);
  if (bar) find(bar, transcript);
  if (bar) follow(bar, transcript, player);
  const addKeys = keys(player, transcript, box);
  measured(main, box);
  if (narrow()) main.querySelectorAll(".stage details").forEach((each) => (each.open = false));
  begin(main, player, transcript);
  keepAddress(player);
  const page = { main, transcript, words, player, open: null };
  return { page, correctable: () => correctable(page, addKeys), heard: () => heard(page) };
}

async function correctable(page, addKeys) {
  if (!page.transcript.passages.length) return;
  const { editing } = await import("/page/watch/editing.js");
  const correct = editing(page);
  addKeys(["e", "Correct the passage", { e: correct }]);
}

/** Words come after the first paint: of ten hours they are megabytes. */
async function heard(page) {
  const { main, words } = page;
  const { result } = await import("/page/watch/result.js");
  const known = await result(main.dataset.job);
  if (known) words.take(known);
  (await import("/page/watch/facts.js")).facts(main, known?.about);
  (await import("/page/watch/speakers.js")).speakers(page, known);
}

function begin(main, player, transcript) {
  const at = given() ?? (main.dataset.at === undefined ? null : Number(main.dataset.at));
  if (at !== null) player.start(at);
  if (location.hash && at !== null) transcript.show(transcript.at(at));
}

/**
 * What covers the page at its top, for what stands still under it. It is told to those alone: a
 * property of the whole page that changes has all of its words dressed anew.
 */
function measured(main, box) {
  const still = main.querySelectorAll(".stage, .tools");
  const parts = [["--top", document.querySelector(".top")], ["--player", box]];
  const tell = () => parts.forEach(([name, part]) => put(still, name, `${part.offsetHeight}px`));
  const looks = new ResizeObserver(tell);
  for (const [, part] of parts) looks.observe(part);
}

function put(elements, name, value) {
  for (const { style } of elements) if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
}

function toolbar(transcript) {
  const bar = document.createElement("div");
  bar.className = "tools row";
  transcript.root.prepend(bar);
  return bar;
}
