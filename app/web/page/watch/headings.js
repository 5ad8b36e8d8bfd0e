/** The headings of a text as its table of contents. */

import { ask, job } from "/page/api.js";
import { h, told } from "/page/dom.js";
import { narrow } from "/page/watch/narrow.js";

const FEWEST = 3;

export function headings(main) {
  const { job: id } = main.dataset;
  if (id && main.querySelectorAll("article.text section[id]").length >= FEWEST) told(() => contents(main, id));
}

async function contents(main, id) {
  const { headings: found = [] } = await ask(`${job(id)}/result`);
  const there = found.filter(({ anchor }) => document.getElementById(anchor));
  const highest = Math.min(...there.map(({ level }) => level));
  const lines = there.map(({ anchor, level, text }) =>
    h("li", { class: `level-${Math.min(4, level - highest + 1)}` }, h("a", { href: `#${encodeURIComponent(anchor)}` }, text)));
  main.querySelector(".stage").prepend(
    h("details", { class: "contents", open: !narrow() }, h("summary", {}, "Contents"), h("ol", { class: "plain" }, lines)),
  );
}
