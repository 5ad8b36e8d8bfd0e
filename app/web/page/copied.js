/** A text for the clipboard. */

import { dialog, h, notice } from "/page/dom.js";

/** Where a page may not write the clipboard, as over plain http, it is shown to be copied by hand. */
export async function copied(text, said, name = "link") {
  try {
    await navigator.clipboard.writeText(text);
    notice(said);
  } catch {
    const field = h("input", { value: text, readonly: true, autofocus: true, onfocus: () => field.select() });
    const label = `${name[0].toUpperCase()}${name.slice(1)}`;
    await dialog(`Copy this ${name}`, h("label", {}, label, field), { action: "Done", leave: null });
  }
}
