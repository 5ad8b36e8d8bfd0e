/** A card of the system view: a heading, and what is filled in as it becomes known. */

import { h, refill } from "/page/dom.js";
import { every } from "/page/every.js";
import { why } from "/page/refusal.js";

/** The card, and the place in it that is filled. */
export function panel(title, ...beside) {
  const body = h("div", { class: "body" }, h("p", { class: "dim" }, "asking"));
  const head = h("div", { class: "row" }, h("h2", { class: "grow" }, title), beside);
  return { card: h("section", { class: "card panel", "aria-label": title }, head, body), body };
}

/**
 * Fills `body` with what `made` makes, again and again, while nobody is in it; what is refused
 * stands in its place, until it is worth asking again. Answers a function that fills it at once.
 */
export function renewed(body, seconds, made, signal) {
  let turn = 0;
  const renew = async () => {
    const mine = (turn += 1);
    const show = (what) => mine === turn && !signal.aborted && refill(body, [what], "button, a");
    try {
      show(await made());
    } catch (error) {
      show(h("p", { class: "bad" }, why(error)));
      throw error;
    }
  };
  every(seconds, () => body.contains(document.activeElement) || renew(), signal);
  return () => renew().catch(() => null); // it stands in the card
}

/** Names with what is told of them. */
export function facts(rows) {
  const row = ([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("dl", { class: "told" }, rows.filter(Boolean).map(row));
}
