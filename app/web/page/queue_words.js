/** What is said where there are no jobs, and of what keeps jobs from going on. */

import { fill, h } from "/page/dom.js";
import { about } from "/page/format.js";
import { why } from "/page/refusal.js";

const NONE = {
  pending: "Nothing waits.",
  running: "Nothing runs.",
  completed: "Nothing is completed yet.",
  failed: "Nothing has failed.",
  cancelled: "Nothing was cancelled.",
};
const HOW = [
  ["Add", "Recordings, films, pictures, texts: drop them here, or give the address of one."],
  ["Watch", "Speech becomes text while you look on. You may close the page: it goes on."],
  ["Search", "Every word that is said or shown is found, and leads to its second."],
];

/** Until it is known what there is. */
export function moment(place) {
  say(place, "One moment");
}

/** Where no job is shown. */
export function nothing(place, { status, jobs }) {
  if (jobs.size) return say(place, "Only key-frames of videos, which go on by themselves.");
  if (status) return say(place, `${NONE[status] ?? "There are none."} `, h("a", { href: "#/" }, "All jobs"));
  const step = ([deed, what]) => h("li", {}, h("b", {}, deed), what);
  return say(place, "Nothing here yet", h("ol", { class: "how" }, HOW.map(step)));
}

/** While jobs run that may need it: else nobody waits. */
function arriving({ ready, jobs }) {
  if (!jobs.running) return "";
  if (ready.speech_detection === "loading") return "Speech detection is being loaded: jobs go on then.";
  if (ready.embeddings === "loading") return "The search model is being loaded: jobs end then.";
  return ready.index === "loading" ? "The index is being opened: jobs end then." : "";
}

export function trouble(place, health) {
  const { ready, disk } = health;
  const engine = {
    loading: "The engine is being loaded: jobs are taken in, and begin then.",
    failed: `The engine does not load: ${ready.engine.replace(/^failed: /, "")}. Jobs are taken in, and wait; another engine can be chosen in `,
  }[ready.engine.split(":")[0]];
  const full = disk !== "ok" && (disk.startsWith("denied: ")
    ? `Nothing can be kept: ${disk.replace(/^denied: /, "")}. Nothing new is taken in until it can.`
    : `The disk is nearly full: ${disk.replace(/^low: /, "")}. Nothing new is taken in until there is room.`);
  say(place, full || engine || arriving(health), !full && ready.engine.startsWith("failed") && h("a", { href: "#/system" }, "System"));
}

/** Why nothing new is known, and when it is asked for again. */
export function refused(place, error, wait) {
  const again = wait === Infinity ? "" : `: asking again in ${about(wait)}`;
  say(place, `${why(error)}${again}`);
}

/** Filled only when it is another: it is read out. */
function say(place, words, more = null) {
  place.hidden = !words;
  if (place.dataset.said === words) return;
  place.dataset.said = words;
  fill(place, words, more);
}
