/** Which jobs are shown, and how many there are of each kind. */

import { h } from "/page/dom.js";

const FILTERS = [
  ["", "All"],
  ["pending", "Waiting"],
  ["running", "Running"],
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
];

/** What is no status is none: all jobs. */
export const statusOf = (word) => (FILTERS.some(([status]) => status === word) ? word : "");

/** `{element, choose(status), count(jobs)}`; `chosen` is told of a choice. */
export function filters(chosen) {
  const chips = FILTERS.map(([status, words]) => {
    const count = h("span", { class: "number" });
    const button = h("button", { type: "button", class: "chip", onclick: () => chosen(status) }, words, count);
    return { status, button, count };
  });
  const element = h("div", { class: "chips", role: "group", "aria-label": "Which jobs" });
  element.append(...chips.map(({ button }) => button));
  return { element, choose: (status) => choose(chips, status), count: (jobs) => tell(chips, jobs) };
}

function choose(chips, chosen) {
  for (const { status, button } of chips) button.setAttribute("aria-pressed", status === chosen);
}

function tell(chips, jobs) {
  for (const { status, count } of chips) {
    const words = jobs[status] ? ` ${jobs[status].toLocaleString("en")}` : "";
    if (count.textContent !== words) count.textContent = words;
  }
}
