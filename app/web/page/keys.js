/** What the keyboard does everywhere. */

import { h } from "/page/dom.js";

const TYPING = "input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea, select";
const LIST = [
  ["/", "Search"],
  ["j, k", "The next one in a list, the one before"],
  ["↓, ↑", "The same, once one has the focus"],
  ["Enter", "Open it"],
  ["Esc", "Leave a box, or close what is open"],
  ["?", "This list"],
];
const DEEDS = {
  "/": search,
  // a player has more keys, and a list of its own
  "?": () => !document.querySelector("main.spoken") && show(),
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => within() && step(1),
  ArrowUp: () => within() && step(-1),
};

/** Lists take part with `data-step` on what holds each one's link. */
export function keys() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (typing(event.target)) return void (event.key === "Escape" && event.target.blur());
    // whoever did nothing leaves the key to the browser
    if (Object.hasOwn(DEEDS, event.key) && DEEDS[event.key]() !== false) event.preventDefault();
  });
}

export function typing(element) {
  return element.isContentEditable || Boolean(element.matches?.(TYPING));
}

function search() {
  const box = document.querySelector(".find [name=q]");
  box?.focus();
  box?.select();
}

function within() {
  return document.activeElement?.closest("#main [data-step]") !== null;
}

/** False where there is none. */
function step(by) {
  const all = [...document.querySelectorAll("#main [data-step]")];
  const place = all.indexOf(document.activeElement?.closest("[data-step]"));
  const next = place < 0 ? all[by > 0 ? 0 : all.length - 1] : all[place + by];
  const link = next?.querySelector("a[href], button");
  if (!link) return false;
  link.focus();
  link.scrollIntoView({ block: "nearest" });
  return true;
}

function show() {
  const rows = LIST.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]);
  const form = h("form", { method: "dialog" }, h("h2", {}, "Keys"), h("dl", { class: "keys" }, rows));
  form.append(h("p", { class: "row end" }, h("button", {}, "Close")));
  const box = h("dialog", { "aria-label": "Keys" }, form);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}
