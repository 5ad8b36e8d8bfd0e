/** A picture to search by: one that was chosen here, or that of an asset. */

import { asset, raw } from "/page/api.js";

/** Chosen ones, by the number in the address: they live as long as the page. */
const chosen = [];

/** @returns {string} its number for the address */
export function keep(file) {
  chosen.push({ file, name: file.name || "picture", source: URL.createObjectURL(file) });
  return String(chosen.length);
}

/**
 * What the address asks for, to be shown; null where it asks for none.
 *
 * @returns {{name: string, source: string|null, lost?: boolean}|null}
 */
export function pictureOf({ picture, like }) {
  if (like) return { name: "this picture", source: thumbnail(like) };
  if (!picture) return null;
  return chosen[picture - 1] ?? { name: "no longer here", source: null, lost: true };
}

/** Its bytes, or null. Throws Refusal where the asset has no picture. */
export async function bytesOf({ picture, like }, signal) {
  if (like) return (await raw(thumbnail(like), { signal })).blob();
  return chosen[picture - 1]?.file ?? null;
}

export const isPicture = (file) => file.type.startsWith("image/");

const thumbnail = (id) => `${asset(id)}/thumbnail`;
