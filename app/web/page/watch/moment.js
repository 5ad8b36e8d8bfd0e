/** Moments as addresses. */

import { copied } from "/page/copied.js";
import { clock } from "/page/format.js";

const PAUSE = 300; // milliseconds between two changes of the address: browsers count them

/** The second behind `#t=`, where the address has one. */
export function given(address = location.hash) {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec(address);
  return found ? Number(found[1]) : null;
}

/** The address follows what somebody looks at. */
export function keepAddress(player) {
  let waiting = 0;
  const keep = () => {
    clearTimeout(waiting);
    const path = pathTo(player.time);
    waiting = setTimeout(() => history.replaceState(history.state, "", path), PAUSE);
  };
  player.addEventListener("seek", keep);
  player.media?.addEventListener("pause", keep);
  addEventListener("hashchange", () => given() !== null && player.seek(given()));
}

export async function copyLink(player) {
  const link = new URL(pathTo(player.time), location.href).href;
  await copied(link, `The link to ${clock(player.time)} is copied.`);
}

function pathTo(seconds) {
  return `${location.pathname}?t=${Math.round(seconds * 1000) / 1000}`;
}
