/** How the service is, and what can be changed about it. */

import { fill, h } from "/page/dom.js";
import { letters } from "/page/letters.js";
import { plots } from "/page/plots.js";
import { engines } from "/page/system_engines.js";
import { health } from "/page/system_health.js";
import { index } from "/page/system_index.js";
import { keys } from "/page/system_keys.js";
import { webhooks } from "/page/system_webhooks.js";

export const title = "System";

export function show(main, { signal }) {
  const alarms = h("ul", { class: "alarms", "aria-label": "Alarms" });
  const heard = (line) => (ring(alarms, line.alarms), letters(line.dead_letters));
  const live = plots({ signal, heard });
  const panels = [health, engines, index, webhooks, keys].map((panel) => panel({ signal }));
  fill(main, h("h1", {}, title), h("div", { role: "status" }, alarms), live, h("div", { class: "panels" }, panels));
}

/** Told anew only when it is another: it is read out each time. */
function ring(alarms, told) {
  if (alarms.dataset.told === JSON.stringify(told)) return;
  alarms.dataset.told = JSON.stringify(told);
  const none = told.length === 0 && h("li", { class: "good" }, "No alarms");
  fill(alarms, none, told.map((each) => h("li", { class: "bad" }, each)));
}
