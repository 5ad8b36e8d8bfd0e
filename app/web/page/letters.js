/** How many dead letters wait, beside their name at the top of every page. */

import { h } from "/page/dom.js";

const badge = h("span", { class: "badge", hidden: true });
/** Whether some view has told of them. */
export let known = false;

export function letters(count) {
  known = true;
  if (!badge.isConnected) document.querySelector('.top nav a[href$="#/dead-letters"]')?.append(" ", badge);
  badge.hidden = !count;
  const words = count.toLocaleString("en");
  if (badge.textContent !== words) badge.textContent = words;
}

/** For views that are not told of them by the way. */
export async function countLetters() {
  const answer = await fetch("/health").catch(() => null);
  if (answer?.ok) letters((await answer.json()).dead_letters);
}
