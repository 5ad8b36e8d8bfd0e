/** Version, uptime, and what is ready. */

import { ask } from "/page/api.js";
import { h } from "/page/dom.js";
import { facts, panel, renewed } from "/page/panel.js";

const FRESH = 5; // seconds

const PARTS = {
  engine: "Engine",
  speech_detection: "Speech detection",
  embeddings: "Embeddings",
  index: "Index",
};

export function health({ signal }) {
  const { card, body } = panel("Health");
  renewed(body, FRESH, async () => told(await ask("/health", { signal })), signal);
  return card;
}

function told({ version, uptime_seconds: uptime, ready, disk, workers }) {
  return facts([
    ["Version", version],
    ["Up for", lasted(uptime)],
    ...Object.entries(ready).map(([part, state]) => [PARTS[part] ?? part, stateOf(state)]),
    ["Disk", stateOf(disk)],
    ["Workers", `${workers.busy} of ${workers.total} busy`],
  ]);
}

const GOOD = new Set(["ready", "ok", "idle"]);

/** A state, and behind a colon the reason. */
export function stateOf(state) {
  const word = state.split(":")[0];
  const colour = GOOD.has(word) ? "good" : word === "loading" ? "warn" : "bad";
  return h("span", { class: `state ${colour}` }, state);
}

function lasted(seconds) {
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600) % 24;
  const days = Math.floor(seconds / 86_400);
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}
