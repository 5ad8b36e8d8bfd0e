/** What the keyboard does: everywhere, in lists, and in the view that stands. */

import { dialog, h } from "/page/dom.js";

const TYPING = "input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea, select";
/** Where the space bar means something else; of links it does not. */
const PRESSED = "button, summary, input:not([type=range])";
const LINK = 'a[href]:not([tabindex="-1"]), button';

/**
 * Rows of the table that `?` shows: the keys as people name them, what they do, and by the name of
 * each key what does it with the event. False leaves the key to the browser.
 *
 * @typedef {[string, string, Object<string, (event: KeyboardEvent) => any>]} Row
 */

/** @type {Row[]} */
const EVERYWHERE = [
  ["/", "Search everything", { "/": search }],
  ["Esc", "Leave a box, or close what is open", {}],
  ["?", "These keys", { "?": () => void show() }],
];
/**
 * Lists take part with `data-step` on what holds each one's link.
 *
 * @type {Row[]}
 */
const LISTS = [
  ["j, k", "The next one in the list, the one before", { j: () => step(1), k: () => step(-1) }],
  ["↓, ↑", "The same, once one has the focus", {
    ArrowDown: (event) => within() && !scrolls(event) && step(1),
    ArrowUp: (event) => within() && !scrolls(event) && step(-1),
  }],
  ["Enter", "Open it", {}],
];
/** Of views; the newest first. */
const given = [];

/**
 * Keys of a view, until `signal`: they come before those of lists and of every page.
 *
 * @param {Row[]} rows
 * @param {AbortSignal} [signal]
 */
export function keys(rows, signal) {
  given.unshift(rows);
  signal?.addEventListener("abort", () => given.splice(given.indexOf(rows), 1));
}

/** Once, at the top of a page. */
export function listen() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (typing(event.target) && !leadsOut(event)) return void (event.key === "Escape" && event.target.blur());
    if (event.key === " " && event.target.closest?.(PRESSED)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const row = table().find(([, , acts]) => Object.hasOwn(acts, key));
    if (row && row[2][key](event) !== false) event.preventDefault();
  });
}

export function typing(element) {
  return element.isContentEditable || Boolean(element.matches?.(TYPING));
}

/** Whether arrows mean something else where the focus is. */
export function scrolls({ target }) {
  return Boolean(target.closest?.("pre, summary"));
}

/** To the next one in the list, or the one before; `before` stands before the first of them. */
export function step(by, before = null) {
  const all = [...document.querySelectorAll("#main [data-step]")];
  const place = all.indexOf(document.activeElement?.closest("[data-step]"));
  const to = place < 0 && by < 0 && !before ? all.length - 1 : place + by;
  const link = to === -1 ? before : all[to]?.querySelector(LINK);
  if (!link) return false;
  link.focus();
  link.scrollIntoView({ block: "nearest" });
  return true;
}

/** All rows that stand now, without those whose keys do something else here. */
function table() {
  const taken = new Set();
  const lists = document.querySelector("#main [data-step]") ? LISTS : [];
  return [...given.flat(), ...lists, ...EVERYWHERE].filter(([, , acts]) => {
    const names = Object.keys(acts);
    const stands = !names.length || names.some((name) => !taken.has(name));
    names.forEach((name) => taken.add(name));
    return stands;
  });
}

/** Arrows mean nothing in a box of one line. */
function leadsOut({ target, key, shiftKey }) {
  return target.type === "search" && !shiftKey && (key === "ArrowDown" || key === "ArrowUp");
}

function search() {
  const boxes = [...document.querySelectorAll(".find [name=q], main [name=q]")];
  const box = boxes.find((each) => each.checkVisibility?.() ?? each.offsetParent);
  if (!box) return false;
  box.focus();
  return box.select();
}

function within() {
  return document.activeElement?.closest("#main [data-step]") !== null;
}

/** A dialog with all keys of this page. */
export function show() {
  const rows = table().map(([names, does]) => [h("dt", {}, h("kbd", {}, names)), h("dd", {}, does)]);
  return dialog("Keys", h("dl", { class: "keys" }, rows), { action: "Close", leave: null });
}
