/** What is to be done with what comes next: a form, folded away, that keeps what was chosen. */

import { ask } from "/page/api.js";
import { fill, h } from "/page/dom.js";

const KEPT = "spool.options";
/** Languages that Whisper was taught; a name or another code may be typed. */
const LANGUAGES = (
  "af am ar as az be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht "
  + "hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa "
  + "pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh"
).split(" ");
/** Of one batch; the rest is the same the next time. */
const PASSING = ["title", "labels", "webhook_url"];
let form = null;
let asked = null;

/** The same element whenever it is asked for; who looks at it is told of engines, too. */
export function options() {
  form ??= made();
  asked ??= engines(form).catch(() => (asked = null));
  return form;
}

/** Options of a job as the API has them, without those that stand by themselves. */
export function wishes({ single = true } = {}) {
  form ??= made();
  const given = Object.fromEntries(new FormData(form));
  const [provider, model] = (given.engine ?? "").split("\n");
  const wished = {
    language: given.language?.trim(),
    ...(provider && { provider, model }),
    task: given.task === "translate" && "translate",
    priority: given.priority !== "normal" && given.priority,
    prompt: given.prompt?.trim(),
    title: single && given.title?.trim(),
    labels: given.labels?.trim(),
    webhook_url: given.webhook_url?.trim(),
    word_timestamps: given.word_timestamps === "on",
    topics: given.topics === "on",
    diarize: given.diarize === "on",
  };
  // else the next medium had it, too
  if (wished.title) form.elements.title.value = "";
  const all = Object.entries(wished).filter(([, value]) => value);
  return Object.fromEntries(given.keyframes === "on" ? all : [...all, ["keyframes", false]]);
}

function made() {
  const found = h("form", { class: "options", onsubmit: (event) => event.preventDefault() }, what(), told());
  // what was chosen counts, though nobody has asked yet which there are
  const { engine } = kept();
  if (engine) found.elements.engine.append(choice(engine));
  restore(found);
  found.addEventListener("change", () => keep(found));
  return found;
}

function what() {
  return h("div", { class: "fields" },
    h("label", {}, "Language", h("input", { name: "language", list: "languages", placeholder: "Detected" }), languages()),
    h("label", { hidden: true }, "Engine", select("provider", [])),
    h("label", {}, "Model", select("engine", [["", "As set in the service"]])),
    h("label", {}, "Task", select("task", [["transcribe", "Transcribe"], ["translate", "Translate into English"]])),
    h("label", {}, "Priority", select("priority", [["interactive", "At once"], ["normal", "Normal"], ["batch", "When nothing else waits"]])),
    h("fieldset", {}, h("legend", {}, "Also find"),
      check("word_timestamps", "The time of every word", true),
      check("topics", "Topics and chapters"),
      check("diarize", "Who speaks when"),
      check("keyframes", "Key-frames of videos", true)),
  );
}

function told() {
  return h("div", { class: "fields" },
    h("label", {}, "Names and terms to expect", h("input", { name: "prompt", maxlength: 2000 })),
    h("label", {}, "Title, if it is one medium", h("input", { name: "title", maxlength: 200, placeholder: "The file's name" })),
    h("label", {}, "Labels, with commas between", h("input", { name: "labels" })),
    h("label", {}, "Webhook, told when it has ended", h("input", { name: "webhook_url", type: "url", placeholder: "https://" })),
  );
}

function check(name, words, on = false) {
  return h("label", { class: "check" }, h("input", { type: "checkbox", name, checked: on }), words);
}

function select(name, choices) {
  const list = h("select", { name }, choices.map(([value, words]) => h("option", { value }, words)));
  if (name === "priority") list.value = "normal";
  return list;
}

function languages() {
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  return h("datalist", { id: "languages" }, LANGUAGES.map((code) => h("option", { value: code }, names.of(code))));
}

/** Of one engine at a time: two of them may have models of one name. */
async function engines({ elements: { provider: engine, engine: list } }) {
  const { default: usual, providers } = await ask("/api/v1/engines");
  const offer = (chosen) => {
    const { provider, model, models } = providers.find((each) => each.provider === engine.value) ?? providers[0];
    const asSet = provider === usual.provider && h("option", { value: "" }, `As set: ${usual.model} (${usual.provider})`);
    fill(list, asSet, (models.length ? models : [model]).map((name) => choice(`${provider}\n${name}`)));
    list.value = chosen;
    return list.selectedIndex !== -1;
  };
  const chosen = list.value;
  fill(engine, providers.map(({ provider }) => h("option", { value: provider }, provider)));
  engine.closest("label").hidden = providers.length < 2;
  engine.addEventListener("change", () => offer("") || (list.selectedIndex = 0));
  engine.value = chosen.split("\n")[0] || usual.provider;
  if (offer(chosen)) return;
  // a model, or an engine, that is gone
  engine.value = usual.provider;
  offer("");
  keep(form);
}

function choice(value) {
  return h("option", { value }, value.split("\n")[1]);
}

function keep(found) {
  const now = Object.fromEntries([...found.elements].filter((field) => field.name && !PASSING.includes(field.name))
    .map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]));
  try {
    localStorage.setItem(KEPT, JSON.stringify(now));
  } catch {
    // a browser that keeps nothing: so be it
  }
}

function restore(found) {
  for (const [name, value] of Object.entries(kept())) {
    const field = found.elements[name];
    if (field?.type === "checkbox") field.checked = value === true;
    else if (field) field.value = value;
    if (field?.selectedIndex === -1) field.selectedIndex = 0;
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}
