/** Files are added elsewhere. A browser that is let would leave the page, and open what is dropped. */

import { h, notice } from "/page/dom.js";
import { bringsFiles } from "/page/gather.js";

export function refuseFiles() {
  for (const name of ["dragover", "drop"]) addEventListener(name, refuse);
}

function refuse(event) {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  if (event.type !== "drop") return;
  const there = h("a", { href: "/#/" }, "To the page where they are");
  notice(["Files are not added here. ", there], { bad: true });
}
