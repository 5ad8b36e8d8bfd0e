/** The attempts of a job, each with what it came to. */

import { h } from "/page/dom.js";
import { moment } from "/page/format.js";

/** @param {any[]} history as the API tells it, oldest first */
export function attempts(history) {
  if (!history.length) return h("p", { class: "dim" }, "Nothing is known of its attempts.");
  return h("ol", { class: "tries", "aria-label": "Attempts" }, history.map(attempt));
}

const WROTE = "The last lines that the engine wrote";

function attempt(each) {
  const began = `${moment(each.started_at)}${lasted(each)}`;
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, `Attempt ${each.number}`), " ", h("span", { class: "dim" }, began)),
    h("dl", { class: "told" }, facts(each).map(([name, value]) => fact(name, value))),
    each.last_lines && h("pre", { tabindex: 0, "aria-label": WROTE }, each.last_lines),
  );
}

function lasted({ started_at: from, ended_at: to }) {
  if (!to) return "";
  return `, for ${Math.max(0, (new Date(to) - new Date(from)) / 1000).toFixed(1)} s`;
}

function facts(each) {
  return [
    ["Stage", each.stage?.replace("_", " ")],
    ["Error", each.error_code && `${each.error_code}: ${each.error_message ?? ""}`],
    ["Class", each.error_class],
    ["Exit status", each.exit_status],
  ];
}

function fact(name, value) {
  if (value === null || value === undefined) return null;
  return h("div", {}, h("dt", {}, name), h("dd", {}, String(value)));
}
