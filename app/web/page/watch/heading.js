/** What stands above all of it: title, description and labels, as they are now. */

import { fill, h } from "/page/dom.js";

export function heading(main, { title, description, labels }) {
  main.dataset.title = title;
  document.title = `${title} · Spool`;
  main.querySelector("h1").textContent = title;
  main.querySelector(".description").textContent = description;
  fill(main.querySelector(".labels"), labels.map(tag));
}

function tag(word) {
  return h("li", {}, h("a", { class: "tag", href: `/#/search?${new URLSearchParams({ q: word })}` }, word));
}
