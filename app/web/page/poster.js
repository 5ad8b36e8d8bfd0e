/** Videos have no picture of their own: one of their key-frames stands for them. */

import { ask, query } from "/page/api.js";
import { fill, h } from "/page/dom.js";

/** Addresses of pictures, by asset. */
const known = new Map();
/** Places that wait until somebody can see them, with their assets. */
const places = new WeakMap();
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) put(target);
}, { rootMargin: "200px" });
/** One is asked for at a time: they are the least that a page needs. */
let turn = Promise.resolve();

export function picture(source) {
  return h("img", { src: source, alt: "", loading: "lazy", decoding: "async" });
}

/** Fills `place` once it is seen, where the video has a key-frame. */
export function poster(id, place) {
  if (known.has(id)) return fill(place, picture(known.get(id)));
  places.set(place, id);
  seen.observe(place);
  return place;
}

function put(place) {
  const id = places.get(place);
  seen.unobserve(place);
  turn = turn.then(async () => {
    const source = place.isConnected && (known.get(id) ?? (await frameOf(id)));
    if (source) fill(place, picture(source));
  }).catch(() => {});
}

async function frameOf(id) {
  const { assets } = await ask(`/api/v1/assets${query({ parent_id: id, limit: 1 })}`);
  if (assets[0]?.thumbnail) known.set(id, assets[0].thumbnail);
  return known.get(id);
}
