/** Snippets come as escaped HTML with `<mark>`; here they become texts and marks. */

import { h } from "/page/dom.js";

const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const ENTITY = /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi;

/** Nodes to show: what stands in any other tag stays the text that it is. */
export function snippet(html) {
  const parts = html.split(/<mark>(.*?)<\/mark>/s);
  return parts.map((part, number) => (number % 2 ? h("mark", {}, decoded(part)) : decoded(part)));
}

function decoded(text) {
  return text.replace(ENTITY, (whole, hex, decimal, name) => {
    if (name) return NAMED[name.toLowerCase()];
    const point = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
