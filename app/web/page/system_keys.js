/** API keys: who has one, another one, one less. */

import { ask } from "/page/api.js";
import { copied } from "/page/copied.js";
import { dialog, h, notice, told } from "/page/dom.js";
import { ago, day } from "/page/format.js";
import { panel, renewed } from "/page/panel.js";
import { may, session } from "/page/session.js";
import { sure } from "/page/sure.js";

const KEYS = "/api/v1/keys";
const FRESH = 60; // seconds: their use is told to the minute
const DAY = 86_400_000; // milliseconds
const SCOPES = [
  ["read", "see jobs and results, search"],
  ["ingest", "send media in, correct, cancel, retry"],
  ["admin", "everything: delete, keys, engines"],
];

export function keys({ signal }) {
  if (!may("admin")) return null;
  const button = h("button", { class: "quiet", onclick: () => told(create) }, "Make a key");
  const { card, body } = panel("API keys", button);
  const renew = renewed(body, FRESH, async () => {
    const [all, here] = await Promise.all([ask(KEYS, { signal }), session()]);
    return [!here.keys_required && h("p", { class: "small dim" }, OFF), shown(all.keys, remove)];
  }, signal);
  return card;

  async function create() {
    const given = await dialog("Make an API key", fields(), { action: "Make it" });
    if (given === null) return;
    const made = await ask(KEYS, { method: "POST", json: wanted(given) });
    renew();
    await tell(made);
  }
  async function remove({ key_id: id, name }) {
    const text = `“${name}” opens nothing from then on.`;
    if (!(await sure("Revoke this key?", text, "Revoke"))) return;
    await ask(`${KEYS}/${id}`, { method: "DELETE" });
    notice("Revoked");
    await renew();
  }
}

const OFF = "Nobody here is asked for a key now. Keys count once the service is started with require_keys = true.";

function fields() {
  const name = h("input", { name: "name", required: true, maxlength: 200, autofocus: true });
  const days = h("input", { name: "days", type: "number", min: 1, max: 36_500 });
  return [
    h("label", {}, "Name", name),
    h("fieldset", {}, h("legend", {}, "It may"), SCOPES.map(scope)),
    h("label", {}, "Days it lasts; empty: until it is revoked", days),
  ];
}

function scope([name, text]) {
  const box = h("input", { type: "checkbox", name, checked: name === "read" });
  return h("label", { class: "check" }, box, `${name}: ${text}`);
}

function wanted({ name, days, ...scopes }) {
  const json = { name, scopes: SCOPES.map(([scope]) => scope).filter((scope) => scope in scopes) };
  return days ? { ...json, expires_at: new Date(Date.now() + days * DAY).toISOString() } : json;
}

function tell({ name, secret }) {
  const shown = h("input", { readonly: true, value: secret, "aria-label": "The key" });
  const copy = () => copied(secret, "Copied", "key");
  const text = `This is the key “${name}”. Keep it now: it is not shown again.`;
  const button = h("button", { type: "button", class: "quiet", onclick: copy }, "Copy");
  const fields = [h("p", {}, text), h("p", { class: "row secret" }, shown, button)];
  return dialog("Your new key", fields, { action: "I have it", leave: null });
}

function shown(all, remove) {
  if (!all.length) return h("p", { class: "dim" }, "There are none. A key opens this service to a program, or to somebody elsewhere.");
  return h("ul", { class: "key-list" }, all.map((each) => key(each, remove)));
}

function key(each, remove) {
  const ended = state(each);
  const onclick = () => told(() => remove(each));
  const name = `Revoke ${each.name}`;
  const scopes = each.scopes.map((scope) => h("span", { class: "tag" }, scope));
  const facts = [`made ${ago(each.created_at)}`, used(each), ended ?? until(each)].filter(Boolean);
  return h(
    "li",
    { class: ended ? "ended" : "" },
    h("div", { class: "grow" },
      h("p", { class: "row" }, h("strong", {}, each.name), scopes),
      h("p", { class: "small dim" }, facts.join(", "))),
    !ended && h("button", { class: "quiet", "aria-label": name, onclick }, "Revoke"),
  );
}

function state({ revoked_at: revoked, expires_at: expires }) {
  if (revoked) return "revoked";
  return expires && new Date(expires) < new Date() ? "expired" : null;
}

const used = ({ last_used_at: date }) => (date ? `used ${ago(date)}` : "never used");
const until = ({ expires_at: date }) => date && `until ${day(date)}`;
