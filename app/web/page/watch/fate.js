/** Why a medium is not shown, in words: its address is asked once more. */

import { h } from "/page/dom.js";

/**
 * A paragraph. `deed`: what a browser should do with it, such as "play"; `rest`: a sentence on what
 * is there all the same.
 */
export async function fate(address, deed, rest = "") {
  const { status } = await fetch(address, { method: "HEAD" }).catch(() => ({ status: 0 }));
  if (status === 200 || status === 206) return said(`This browser cannot ${deed} it. `, download(address), ` to ${deed} it elsewhere. ${rest}`);
  if (status === 401 || status === 403) return said(`Your key does not open it. ${rest}`);
  if (status === 0 || status === 429 || status >= 500) return said("The service does not answer now. ", again());
  offerNoMore(address);
  return said(`Its file cannot be had any more: it was moved or deleted. ${rest}`);
}

function said(...words) {
  return h("p", { class: "gone" }, words);
}

function download(address) {
  return h("a", { href: `${address}?download=true`, download: true }, "Download it");
}

function again() {
  return h("button", { type: "button", class: "quiet small", onclick: () => location.reload() }, "Load the page anew");
}

function offerNoMore(address) {
  const { pathname } = new URL(address, location.href);
  for (const link of document.querySelectorAll(".downloads a")) {
    if (link.pathname === pathname) link.parentElement.remove();
  }
}
