/** Where there is nothing to show: a key is asked for, or what is on its way is waited for. */

import { ask, job } from "/page/api.js";
import { h, told } from "/page/dom.js";
import { percent } from "/page/format.js";
import { ended, kind, status } from "/page/job_words.js";
import { askForKey } from "/page/session.js";

const WAIT = 10; // seconds that the service keeps us waiting for an end
const PAUSE = 3000; // milliseconds until a service is asked again that does not answer

export function refused(main) {
  if (main.dataset.refused === "401") return told(() => keyWanted(main));
  return main.dataset.job ? arrival(main) : undefined;
}

async function keyWanted(main) {
  const message = main.querySelector("p").textContent;
  if (await askForKey({ message })) location.reload();
}

/** The page is there once its job has ended; it says so itself where nothing came of it. */
async function arrival(main) {
  const said = h("p", { class: "dim number" });
  main.querySelector("h1").after(said);
  for (let wait = 0; ; wait = WAIT) {
    try {
      const now = await ask(`${job(main.dataset.job)}?wait=${wait}`);
      if (ended(now)) return location.reload();
      said.textContent = kind(now) === "running" ? `${status(now)}, ${percent(now.progress)}` : status(now);
    } catch (error) {
      if (error.status === 404) return location.reload();
      said.textContent = `${error.message}: asking again …`;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
