/** How the index is; it may be built anew. */

import { ask } from "/page/api.js";
import { h, notice, told } from "/page/dom.js";
import { bytes } from "/page/format.js";
import { facts, panel, renewed } from "/page/panel.js";
import { may } from "/page/session.js";
import { stateOf } from "/page/system_health.js";

const INDEX = "/build-index";
const FRESH = 5; // seconds

export function index({ signal }) {
  const button = h("button", { class: "quiet", onclick: build }, "Build it anew");
  const { card, body } = panel("Index", may("admin") && button);
  const renew = renewed(body, FRESH, async () => shown(await ask(INDEX, { signal })), signal);
  return card;

  async function build() {
    button.disabled = true;
    const started = await told(() => ask(INDEX, { method: "POST" }));
    button.disabled = false;
    if (started) notice("The index is being built; searches go on meanwhile");
    renew();
  }
}

function shown(index) {
  const state = index.error ? `${index.state}: ${index.error}` : index.state;
  const vectors = index.vector_indexes.join(", ") || "none needed";
  return facts([
    ["State", stateOf(state)],
    ["Rows", index.rows.toLocaleString("en")],
    ["On disk", bytes(index.bytes)],
    ["Fragments", String(index.fragments)],
    ["Rows read one by one", index.unindexed.toLocaleString("en")],
    ["Vector indexes", vectors],
    index.renewing && ["Model", "changed: the earlier index answers, by keyword"],
  ]);
}
