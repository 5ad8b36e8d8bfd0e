/** Asked before anything goes that does not come back. */

import { dialog, h } from "/page/dom.js";

export async function sure(title, text, action) {
  return (await dialog(title, [h("p", {}, text)], { action, danger: true })) !== null;
}

/** `goes`: what goes with it, in a sentence. */
export function sureToDelete(name, goes) {
  return sure(`Delete “${name}”?`, `${goes} This cannot be undone.`, "Delete");
}
