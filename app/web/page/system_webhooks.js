/** Webhooks: which could not be delivered, and once more. */

import { ask, query } from "/page/api.js";
import { h, notice, told } from "/page/dom.js";
import { panel, renewed } from "/page/panel.js";
import { may } from "/page/session.js";
import { when } from "/page/when.js";

const DELIVERIES = "/api/v1/webhooks/deliveries";
const FRESH = 15; // seconds
const MOST = 20; // shown
const STATES = [
  ["failed", "given up"],
  ["disabled", "ended by their receiver"],
  ["pending", "to be sent"],
  ["delivered", "delivered"],
];

export function webhooks({ signal }) {
  const option = ([value, text]) => h("option", { value }, text);
  const onchange = () => renew();
  const choice = h("select", { "aria-label": "Webhooks that are", onchange }, STATES.map(option));
  const { card, body } = panel("Webhooks", choice);
  const replay = async ({ id }) => {
    await ask(`${DELIVERIES}/${id}/replay`, { method: "POST" });
    notice("It is sent again");
    await renew();
  };
  const renew = renewed(body, FRESH, async () => {
    const page = await ask(`${DELIVERIES}${query({ state: choice.value, limit: MOST })}`, { signal });
    return shown(page, choice, may("ingest") && replay);
  }, signal);
  return card;
}

const HOW = "A job tells its webhook when it has ended: give an address under Options where media are added.";

function shown({ deliveries, cursor }, { selectedOptions: [{ text }] }, replay) {
  if (!deliveries.length) return [h("p", { class: "dim" }, `None is ${text}.`), h("p", { class: "small dim" }, HOW)];
  return [
    h("ul", { class: "deliveries" }, deliveries.map((each) => delivery(each, replay))),
    cursor && h("p", { class: "dim small" }, `The latest ${deliveries.length}; the API lists all.`),
  ];
}

function delivery(each, replay) {
  const again = () => told(() => replay(each));
  const reason = each.last_error ?? (each.last_status && `HTTP ${each.last_status}`);
  const tries = each.attempts === 1 ? "1 try" : `${each.attempts} tries`;
  const job = h("a", { href: `#/jobs/${each.job_id}` }, each.event);
  const name = `Replay to ${each.url}`;
  return h(
    "li",
    {},
    h("div", { class: "grow" },
      h("p", { class: "clip", title: each.url }, each.url),
      h("p", { class: "row small dim" }, job, h("span", {}, tries), when(each.updated_at)),
      reason && h("p", { class: "small bad" }, reason)),
    replay && h("button", { class: "quiet", "aria-label": name, onclick: again }, "Replay"),
  );
}
