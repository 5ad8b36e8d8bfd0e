/** Elements without any markup in strings: what comes from outside can only become text. */

import { why } from "/page/refusal.js";

/**
 * @param {string} tag
 * @param {Object<string, any>} [properties] `on…` functions listen; `dataset` and `class` as in
 *   HTML; null, undefined and false are left out; the rest are attributes.
 * @param {...(Node|string|number|null|undefined|false|Array<any>)} children
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

/** In place of all that was in `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** As `fill`; what had the focus has it still, or what `instead` selects, if it is not there again. */
export function refill(element, children, instead) {
  const before = element.contains(document.activeElement) && document.activeElement;
  fill(element, children);
  if (before) (like(element, before) ?? enabled(element, instead)[0])?.focus({ preventScroll: true });
}

/** What is disabled takes no focus. */
function enabled(element, selected) {
  return [...element.querySelectorAll(selected)].filter((each) => !each.disabled);
}

function like(element, { localName, ariaLabel, textContent }) {
  return enabled(element, localName).find((each) => each.ariaLabel === ariaLabel && each.textContent === textContent);
}

/** Lines at a time; the oldest makes room. */
const MOST = 3;

/**
 * A line for a while at the foot of the page, or of the dialog that is open, or of what fills the
 * screen: nothing else is seen then. Returns the line.
 */
export function notice(text, { bad = false } = {}) {
  const away = h("button", { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => line.remove() }, "×");
  const line = h("p", { class: bad ? "notice bad" : "notice" }, h("span", { class: "grow" }, text), away);
  const above = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.fullscreenElement;
  const place = above ?? document.getElementById("notices");
  place?.append(line);
  for (const old of [...(place?.querySelectorAll(".notice") ?? [])].slice(0, -MOST)) old.remove();
  if (above) line.setAttribute("role", "status");
  setTimeout(() => line.remove(), bad ? 12_000 : 5_000);
  return line;
}

/** Runs `work`; what it is refused becomes a notice. */
export async function told(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    notice(why(error), { bad: true });
    return undefined;
  }
}

/**
 * A dialog with a form; resolves to its fields by name, or null when it was left. `leave` is what
 * leaving it is called; null where there is nothing to choose. `danger`: what it does is not undone.
 */
export function dialog(title, fields, { action = "Save", leave = "Cancel", danger = false } = {}) {
  const { promise, resolve } = Promise.withResolvers?.() ?? resolvers();
  const form = h("form", { method: "dialog" }, h("h2", {}, title), fields);
  const left = leave && h("button", { type: "button", class: "quiet", onclick: () => box.close() }, leave);
  append(form, [h("p", { class: "row end" }, left, h("button", { value: "yes", class: danger && "danger" }, action))]);
  const box = h("dialog", { "aria-label": title }, form);
  box.addEventListener("close", () => {
    resolve(box.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null);
    box.remove();
  });
  document.body.append(box);
  box.showModal();
  return promise;
}

function resolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
