/** What is looked for: the box, the filters and a picture. */

import { ask, asset, query } from "/page/api.js";
import { fill, h, notice } from "/page/dom.js";
import { choices } from "/page/kinds.js";
import { isPicture, keep, pictureOf } from "/page/search_picture.js";

const MODES = [["", "Meaning and words"], ["semantic", "Meaning only"], ["keyword", "Words only"]];
const TYPED = ["q", "media_type", "mode", "labels", "from", "to"];
/** What is no field: shown above them, and taken away there. */
const PINNED = ["asset_id", "like", "picture"];
const PAUSE = 300; // milliseconds after which typing counts as done

/**
 * The form, and `wanted()`: what stands in it, by the names in the address.
 *
 * @param {Object<string, string>} given as in the address
 * @param {{signal: AbortSignal, changed: (how: {typing: boolean}) => void}} with_
 */
export function searchForm(given, { signal, changed }) {
  const pinned = Object.fromEntries(PINNED.map((name) => [name, given[name] ?? ""]));
  const box = h("input", {
    type: "search", name: "q", "aria-label": "Look for", autocomplete: "off", maxlength: 2000,
    placeholder: "A word, a sentence, what it is about", value: given.q ?? "",
  });
  const pins = h("p", { class: "row pins" });
  const find = h("button", {}, "Search");
  const form = h(
    "form",
    { class: "card search-form", role: "search", "aria-label": "Search, with filters" },
    h("div", { class: "row" }, h("div", { class: "grow" }, box), choose(add), find),
    pins,
    filters(given),
  );
  listen(form, box, { signal, changed });
  take(form, add, signal);
  show();

  function add(file) {
    if (!file) return;
    if (!isPicture(file)) return notice("Only a picture can be searched by", { bad: true });
    pin({ picture: keep(file), like: "" });
  }
  function pin(told) {
    Object.assign(pinned, told);
    show();
    changed({ typing: false });
  }
  function show() {
    fill(pins, shown(pinned, pin)).hidden = !PINNED.some((name) => pinned[name]);
  }
  const wanted = () => ({ ...written(form), ...pinned });
  return { form, box, wanted };
}

function written(form) {
  const fields = new FormData(form);
  return Object.fromEntries(TYPED.map((name) => [name, String(fields.get(name) ?? "").trim()]));
}

function choose(add) {
  const file = h("input", {
    type: "file", accept: "image/*", class: "unseen",
    onchange: () => (add(file.files[0]), (file.value = "")),
  });
  return h("label", { class: "button quiet" }, "By a picture", file);
}

function filters(given) {
  const any = TYPED.some((name) => name !== "q" && given[name]);
  const open = any || matchMedia("(min-width: 40rem)").matches;
  return h(
    "details",
    { class: "filters", open },
    h("summary", {}, "Filters"),
    h(
      "div",
      { class: "filter-fields" },
      select("Kind", "media_type", [["", "Everything"], ...choices], given),
      select("Found by", "mode", MODES, given),
      field("Labels", "labels", given, { placeholder: "all of: a, b" }),
      field("Taken in from", "from", given, { type: "date" }),
      field("until", "to", given, { type: "date" }),
    ),
  );
}

function select(name, field, values, given) {
  const option = ([value, text]) => h("option", { value, selected: value === given[field] }, text);
  return h("label", {}, name, h("select", { name: field }, values.map(option)));
}

function field(name, field, given, how) {
  return h("label", {}, name, h("input", { name: field, value: given[field] ?? "", ...how }));
}

function shown(pinned, pin) {
  const picture = pictureOf(pinned);
  return [
    picture && chip("looks like", picture.name, picture.source, () => pin({ picture: "", like: "" })),
    pinned.asset_id && chip("only in", titleOf(pinned.asset_id), null, () => pin({ asset_id: "" })),
  ];
}

/** A place for it: it has to be asked for. */
function titleOf(id) {
  const place = h("span", {}, "one medium");
  ask(asset(id)).then(({ title }) => fill(place, title), () => fill(place, id));
  return place;
}

function chip(what, name, source, away) {
  const image = source && h("img", { src: source, alt: "" });
  const without = { type: "button", class: "quiet", "aria-label": `Without “${what}”` };
  const leave = h("button", { ...without, onclick: away }, "×");
  return h("span", { class: "pin" }, image, h("span", { class: "clip" }, `${what}: `, name), leave);
}

/** The box at the top and this one say the same; Enter in either searches. */
function listen(form, box, { signal, changed }) {
  const top = document.querySelector(".find");
  let timer = null;
  const go = (typing) => (clearTimeout(timer), changed({ typing }));
  const typed = () => (clearTimeout(timer), (timer = setTimeout(go, PAUSE, true)));
  const submit = (event) => (event.preventDefault(), event.stopImmediatePropagation(), go(false));
  top.elements.q.value = box.value;
  box.addEventListener("input", () => ((top.elements.q.value = box.value), typed()));
  top.addEventListener("input", () => ((box.value = top.elements.q.value), typed()), { signal });
  top.addEventListener("submit", submit, { capture: true, signal });
  form.addEventListener("submit", submit);
  form.addEventListener("change", ({ target }) => {
    if (target.name && target !== box) go(false);
  });
  signal.addEventListener("abort", () => (clearTimeout(timer), (top.elements.q.value = "")));
}

/** Pictures may be dropped anywhere, or pasted; other files are left to the rest of the page. */
function take(form, add, signal) {
  // before those who take any file
  const first = { capture: true, signal };
  const over = (event, on) => {
    const picture = pictureIn(event.dataTransfer);
    form.classList.toggle("over-it", Boolean(picture) && on);
    if (picture) event.preventDefault();
    return picture;
  };
  const got = (event, picture) => picture && (event.preventDefault(), add(picture.getAsFile()));
  addEventListener("dragover", (event) => over(event, true), first);
  addEventListener("dragleave", (event) => over(event, false), first);
  addEventListener("drop", (event) => got(event, over(event, false)), first);
  addEventListener("paste", (event) => got(event, pictureIn(event.clipboardData)), first);
}

function pictureIn({ items }) {
  return [...items].find((item) => item.kind === "file" && isPicture(item));
}

/** Of a search, without what is empty. */
export const addressOf = (wanted) => `#/search${query(wanted)}`;
