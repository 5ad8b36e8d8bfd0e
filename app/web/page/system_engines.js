/** Which engines there are, which are loaded, and which one is taken by default. */

import { ask } from "/page/api.js";
import { fill, h, notice, told } from "/page/dom.js";
import { facts, panel, renewed } from "/page/panel.js";
import { may } from "/page/session.js";
import { stateOf } from "/page/system_health.js";

const ENGINES = "/api/v1/engines";
const FRESH = 5; // seconds

export function engines({ signal }) {
  const { card, body } = panel("Engines");
  const choice = h("div");
  const state = h("div");
  const renew = renewed(state, FRESH, async () => {
    const now = await ask(ENGINES, { signal });
    if (!choice.hasChildNodes() && may("admin")) fill(choice, form(now, () => renew()));
    return shown(now);
  }, signal);
  fill(body, state, choice);
  return card;
}

const COLUMNS = ["Loaded", "Jobs", "Idle"];

function shown({ default: usual, state, loaded }) {
  return [
    facts([
      ["Default", [h("strong", {}, usual.model), ` by ${usual.provider}`]],
      ["State", stateOf(state)],
    ]),
    loaded.length > 0 && h("table", {},
      h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, loaded.map(row))),
  ];
}

function row({ provider, model, leases, idle_seconds: idle }) {
  const rest = idle === null ? "in use" : `${Math.round(idle)} s`;
  const cells = [[h("strong", {}, model), ` ${provider}`], String(leases), rest];
  return h("tr", {}, cells.map((each) => h("td", {}, each)));
}

/** Another default: jobs under way keep theirs. */
function form({ default: usual, providers }, done) {
  const models = h("datalist", { id: "models" });
  const model = h("input", { name: "model", list: "models", required: true, value: usual.model });
  const option = ({ provider: each }) =>
    h("option", { selected: each === usual.provider }, each);
  const chosen = () => offer(true);
  const provider = h("select", { name: "provider", onchange: chosen }, providers.map(option));
  const button = h("button", {}, "Make it the default");
  const fields = [h("label", {}, "Provider", provider), h("label", {}, "Model", model), models];
  offer(false);
  const name = "Another default engine";
  return h("form", { class: "row ends", "aria-label": name, onsubmit: swap }, fields, button);

  function offer(other) {
    const its = providers.find((each) => each.provider === provider.value);
    fill(models, its.models.map((value) => h("option", { value })));
    if (other) model.value = its.model;
  }
  async function swap(event) {
    event.preventDefault();
    fill(button, "Loading it").disabled = true;
    const json = { provider: provider.value, model: model.value };
    const now = await told(() => ask(`${ENGINES}/default`, { method: "PUT", json }));
    fill(button, "Make it the default").disabled = false;
    if (now) notice(`${now.default.model} by ${now.default.provider} is the default now`);
    done();
  }
}
