/** Whether the library has a file already, by its bytes. */

import { ask, query, watch } from "/page/api.js";
import { h, notice } from "/page/dom.js";
import { named } from "/page/job_words.js";
import { may } from "/page/session.js";

const MOST = 64 * 1024 * 1024; // bytes: they are held in memory, all at once

/** Says where it is found. Nobody is kept from taking it in once more. */
export async function tellKnown(file) {
  if (!globalThis.crypto?.subtle || file.size > MOST || !may("read")) return;
  const sha256 = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const { jobs: [found] } = await ask(`/api/v1/jobs${query({ sha256, status: "completed", limit: 1 })}`);
  if (!found) return;
  const there = h("a", { href: watch(found.asset_id) }, named(found));
  notice([`${file.name} is in the library already, as `, there, ". It is taken in once more."]);
}

function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
