/** Files and addresses that are dropped or pasted anywhere on the page. */

import { h, notice, told } from "/page/dom.js";
import { addresses, bringsFiles, dropped } from "/page/gather.js";
import { typing } from "/page/keys.js";
import { may, unless } from "/page/session.js";

const frame = h("div", { class: "drop-frame", hidden: true }, h("p", {}, "Drop it: it goes on its way at once"));
let fading = 0;

/** Boxes that want files for themselves call `preventDefault` first, and are left alone. */
export function catchFiles() {
  document.body.append(frame);
  addEventListener("dragover", hover);
  addEventListener("drop", take);
  addEventListener("paste", paste);
}

function hover(event) {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  frame.hidden = false;
  // `dragleave` comes between any two elements, and sometimes not at all
  clearTimeout(fading);
  fading = setTimeout(() => (frame.hidden = true), 300);
}

function take(event) {
  frame.hidden = true;
  if (!bringsFiles(event)) return;
  event.preventDefault();
  const batches = dropped(event.dataTransfer);
  told(() => sent(batches));
}

function paste(event) {
  if (event.defaultPrevented || typing(event.target) || document.querySelector("dialog[open]")) return;
  const { files } = event.clipboardData;
  const links = addresses(event.clipboardData.getData("text"));
  if (files.length) told(() => sent([{ files: [...files], left: 0 }]));
  else if (links.length) told(() => linked(links));
}

/** Of batches as `gather` has them. */
export async function sent(batches) {
  if (!may("ingest")) return notice(unless("ingest"), { bad: true });
  toTheStart();
  const { add } = await import("/page/uploads.js");
  const { wishes } = await import("/page/options.js");
  let [count, without] = [0, 0];
  for await (const { files, left } of batches) {
    without += left;
    count += await add(files, wishes({ single: files.length === 1 && count === 0 }));
  }
  if (without) notice(`${without} ${without === 1 ? "file is" : "files are"} left out: no media, by their names`);
}

async function linked(links) {
  if (!may("ingest")) return notice(unless("ingest"), { bad: true });
  toTheStart();
  const { send } = await import("/page/links.js");
  await send(links);
}

function toTheStart() {
  if (!/^(#\/?(\?.*)?)?$/.test(location.hash)) location.assign("/#/");
}
