/** Hits as they are shown: a medium, its best moment, and further ones. */

import { query } from "/page/api.js";
import { breakable } from "/page/breakable.js";
import { h } from "/page/dom.js";
import { clock } from "/page/format.js";
import { isTimed, kindName, sign } from "/page/kinds.js";
import { picture, poster } from "/page/poster.js";
import { snippet } from "/page/snippet.js";

const WHY = {
  semantic: ["meaning", "It is near in meaning"],
  keyword: ["words", "The words stand in it"],
  visual: ["looks", "It looks like it"],
};

/**
 * @param {any} found a hit of the API
 * @param {Object<string, string>} wanted what was searched for, as in the address
 */
export function hit(found, wanted) {
  const link = h("a", { class: "hit-link", href: found.url }, breakable(found.title), at(found));
  return h(
    "li",
    { class: "hit card", dataset: { step: "", kind: found.media_type } },
    cover(found),
    h(
      "div",
      { class: "grow" },
      h("h2", {}, link),
      h("p", { class: "snippet" }, snippet(found.snippet)),
      h("p", { class: "row small dim" }, kind(found), why(found), alike(found)),
      moments(found, wanted),
    ),
  );
}

/** Its own picture, or that of a moment in it, or the sign of its kind. */
function cover(found) {
  const pictured = [found, ...found.moments].find((each) => each.thumbnail);
  if (pictured) return h("div", { class: "cover" }, picture(pictured.thumbnail));
  const place = h("div", { class: "cover" }, sign(found.media_type));
  return found.media_type === "video" ? poster(found.asset_id, place) : place;
}

function at({ media_type: kind, start }) {
  return isTimed(kind) && [" ", h("time", { class: "at" }, clock(start))];
}

function kind({ media_type: kind }) {
  return h("span", { class: "kind" }, sign(kind), kindName(kind));
}

function why(found) {
  return h(
    "span",
    { class: "why" },
    h("span", { class: "unseen" }, "Found by "),
    found.why.map((each) => {
      const [name, meaning] = WHY[each] ?? [each, each];
      return h("span", { class: "tag", title: meaning, dataset: { why: each } }, name);
    }),
  );
}

function alike(found) {
  const address = `#/search${query({ like: found.asset_id })}`;
  return found.thumbnail && h("a", { href: address, class: "over" }, "What looks like it");
}

function moments(found, wanted) {
  if (!found.moments.length) return null;
  const within = `#/search${query({ ...wanted, asset_id: found.parent_id ?? found.asset_id })}`;
  const left = found.more > 0 && h("li", {}, h("a", { href: within }, `${found.more} more in it`));
  const name = `Further moments of ${found.title}`;
  return h("ul", { class: "moments", "aria-label": name }, found.moments.map(moment), left);
}

function moment(found) {
  const place = isTimed(found.media_type) && h("time", { class: "at" }, clock(found.start));
  const small = found.thumbnail && picture(found.thumbnail);
  const words = h("span", { class: "clip grow" }, snippet(found.snippet || found.title));
  return h("li", {}, h("a", { href: found.url, class: "row" }, place, small, words));
}
