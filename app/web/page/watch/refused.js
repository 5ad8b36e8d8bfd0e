/** Where there is nothing to show: a key is asked for, or what is on its way is waited for. */

import { ask, job } from "/page/api.js";
import { told } from "/page/dom.js";
import { askForKey } from "/page/session.js";

const WAIT = 30; // seconds that the service keeps us waiting for an end

export function refused(main) {
  if (main.dataset.refused === "401") return told(() => keyWanted(main));
  return main.dataset.job ? told(() => arrival(main.dataset.job)) : undefined;
}

async function keyWanted(main) {
  const message = main.querySelector("p").textContent;
  if (await askForKey({ message })) location.reload();
}

/** The page is there once its job has ended; it says so itself where nothing came of it. */
async function arrival(id) {
  while (!(await ask(`${job(id)}?wait=${WAIT}`)).finished_at);
  location.reload();
}
