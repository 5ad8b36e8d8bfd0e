/**
 * The page shows one revision of its asset, and others may change it. Who changes something is
 * shown first what they did, and afterwards what they did in that moment.
 */

import { ask, asset } from "/page/api.js";
import { notice } from "/page/dom.js";
import { why } from "/page/refusal.js";
import { heading } from "/page/watch/heading.js";
import { result } from "/page/watch/result.js";

const MEANWHILE = "Somebody else has changed this meanwhile.";
const HERE = "It stands here as it is now.";
const LOAD = "Load the page anew to see all of it.";
const ANOTHER = "It was taken in anew meanwhile: load the page anew.";

/**
 * Returns the asset with the change. `page` is `{ main }`, and of what was spoken also `transcript`,
 * `words` and what is `open` to be corrected. `check` may throw when it sees what others did.
 */
export async function change(page, json, check = () => {}) {
  const { main } = page;
  const place = asset(main.dataset.asset);
  await catchUp(page, await ask(place));
  check();
  const answer = await ask(place, { method: "PATCH", json });
  if (answer.revision > Number(main.dataset.revision) + 1) {
    await catchUp(page, answer).catch((error) => notice(why(error), { bad: true }));
  }
  main.dataset.revision = answer.revision;
  heading(main, answer);
  return answer;
}

async function catchUp(page, now) {
  const { main } = page;
  if (now.found_by !== main.dataset.job) throw new Error(ANOTHER);
  if (now.revision <= Number(main.dataset.revision)) return;
  if (page.transcript) await readAnew(page);
  page.transcript?.name(now.speakers);
  heading(main, now);
  main.dataset.revision = now.revision;
  notice(`${MEANWHILE} ${page.transcript ? HERE : LOAD}`, { bad: true });
}

async function readAnew(page) {
  const { main, transcript, words } = page;
  const known = await result(main.dataset.job, { texts: true });
  if (!known) throw new Error(`${MEANWHILE} What, cannot be read now: try again.`);
  if (known.texts.length !== transcript.passages.length) throw new Error(ANOTHER);
  transcript.write(corrected(page, known.texts));
  words.take(known);
}

/** By number. What is open to be corrected stays as it is typed, and knows what it would replace. */
function corrected({ transcript, open }, texts) {
  const found = new Map();
  texts.forEach((text, number) => {
    const typed = open?.number === number;
    if (text === (typed ? open.was : transcript.textOf(number))) return;
    if (typed) open.was = text;
    else found.set(number, text);
  });
  return found;
}
