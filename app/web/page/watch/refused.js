/** Where there is nothing to show: a key is asked for, or what is on its way is waited for. */

import { ask, job } from "/page/api.js";
import { h, told } from "/page/dom.js";
import { every } from "/page/every.js";
import { percent } from "/page/format.js";
import { ended, kind, status } from "/page/job_words.js";
import { patience, why } from "/page/refusal.js";
import { askForKey } from "/page/session.js";

const LOOK = 2; // seconds

export function refused(main) {
  if (main.dataset.refused === "401") return told(() => keyWanted(main));
  return main.dataset.job ? arrival(main) : undefined;
}

async function keyWanted(main) {
  const message = main.querySelector("p").textContent;
  if (await askForKey({ message })) location.reload();
}

/** The page is there once its job has ended; it says so itself where nothing came of it. */
function arrival(main) {
  const said = h("p", { class: "dim number" });
  main.querySelector("h1").after(said);
  const end = new AbortController();
  const anew = () => {
    end.abort();
    location.reload();
  };
  const look = async () => {
    const now = await ask(job(main.dataset.job));
    if (ended(now)) anew();
    else said.textContent = kind(now) === "running" ? `${status(now)}, ${percent(now.progress)}` : status(now);
  };
  const failed = (error) => {
    if (error.status === 404) anew();
    const wait = patience(error);
    if (wait === Infinity) end.abort();
    said.textContent = wait === Infinity ? why(error) : `${why(error)}: asking again …`;
    return wait;
  };
  every(LOOK, look, end.signal, failed);
}
