/** Links that open the transcript alone, without a key, for a while. Where one leads is told once. */

import { ask, query } from "/page/api.js";
import { copied } from "/page/copied.js";
import { dialog, fill, h, refill, told } from "/page/dom.js";
import { when } from "/page/when.js";

const SHARES = "/api/v1/shares";
const HOUR = 3600; // seconds
const WEEK = 7 * 24 * HOUR; // as the service has it where nothing is told
const TERMS = [["an hour", HOUR], ["a day", 24 * HOUR], ["a week", WEEK], ["30 days", 30 * 24 * HOUR]];

export async function shares(main) {
  const id = main.dataset.asset;
  const list = h("ul", { class: "plain shares" });
  const term = h("select", { "aria-label": "Open for" }, TERMS.map(([name, seconds]) => h("option", { value: seconds, selected: seconds === WEEK }, name)));
  const made = h("p", { class: "made" });
  const make = async () => {
    const share = await ask(SHARES, { json: { asset_id: id, expires_in: Number(term.value) } });
    fill(made, link(new URL(share.url, location.href).href));
    await show();
  };
  const create = h("button", { type: "button", onclick: () => told(make) }, "Make a link");
  const show = async () => {
    refill(list, (await known(id)).map((share) => line(share, show)), "button");
    if (document.activeElement === document.body) create.focus(); // the last of them is gone
  };
  const words = h("p", {}, "Whoever has such a link reads this transcript, and nothing else, without a key.");
  const choice = h("p", { class: "row" }, "Open for", term, create);
  dialog("Share", [words, choice, made, list], { action: "Close", leave: null });
  await show();
}

function link(address) {
  const field = h("input", { value: address, readonly: true, "aria-label": "The link", onfocus: () => field.select() });
  const copy = h("button", { type: "button", class: "quiet", onclick: () => copied(address, "The link is copied.") }, "Copy");
  return [h("span", { class: "row" }, h("span", { class: "grow" }, field), copy), h("small", { class: "dim" }, "It is shown this once.")];
}

async function known(id) {
  return (await ask(SHARES + query({ asset_id: id }))).shares;
}

function line({ share_id: id, expires_at: end }, show) {
  const revoke = async () => {
    await ask(`${SHARES}/${encodeURIComponent(id)}`, { method: "DELETE" });
    await show();
  };
  return h("li", { class: "row" },
    h("span", { class: "grow" }, "ends ", when(end)),
    h("button", { type: "button", class: "danger small", onclick: () => told(revoke) }, "Revoke"));
}
