/** What stands where no hits do: ways on. */

import { h } from "/page/dom.js";
import { addressOf } from "/page/search_form.js";

export function beginning() {
  return h(
    "div",
    { class: "empty" },
    h("p", {}, "Speech, pictures, key-frames and texts are all in one search."),
    h("ul", { class: "tips" },
      h("li", {}, "Say it in your own words: what is near in meaning is found, too."),
      h("li", {}, "Drop, paste or choose a picture: what looks like it is found."),
      h("li", {}, h("kbd", {}, "/"), " jumps to the box, ", h("kbd", {}, "↓"), " ",
        h("kbd", {}, "↑"), " move through hits, ", h("kbd", {}, "Enter"), " opens one there. ",
        h("kbd", {}, "?"), " lists all keys."),
    ),
  );
}

export function nothing(wanted) {
  const way = ([text, address]) => h("li", {}, h("a", { href: address }, text));
  return h(
    "div",
    { class: "empty" },
    h("p", {}, wanted.q ? `Nothing is found for “${wanted.q}”.` : "Nothing looks like it."),
    h("ul", { class: "tips" }, ways(wanted).map(way)),
  );
}

function ways({ q, mode, picture, like, ...narrowed }) {
  const open = { q, picture, like };
  const filtered = Object.values(narrowed).some(Boolean);
  return [
    filtered && ["Search everything, without filters", addressOf({ ...open, mode })],
    mode && ["Search by meaning and by words", addressOf({ ...open, ...narrowed })],
    ["See what is in the library", "#/library"],
    ["See what is still on its way, or add media", "#/"],
  ].filter(Boolean);
}
