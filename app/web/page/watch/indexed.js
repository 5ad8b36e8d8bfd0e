/** Whether corrections are found as they are now: one look for all of a page, until they are. */

import { ask, asset } from "/page/api.js";
import { every } from "/page/every.js";
import { patience } from "/page/refusal.js";

const LOOK = 1; // seconds between two looks
const LOOKS = 60; // after the newest correction

/** Returns what waits for it: its `tell` is called once, with false where nobody waits any longer. */
export function indexing(main) {
  let [waiting, looks, end] = [[], 0, null];
  const settle = (told, indexed) => {
    waiting = waiting.filter((tell) => !told.includes(tell));
    if (!waiting.length) end.abort();
    for (const tell of told) tell(indexed);
  };
  const look = async () => {
    const told = [...waiting]; // who comes while this is asked may not be in the answer
    looks += 1;
    const { indexed } = await ask(asset(main.dataset.asset));
    if (indexed || looks >= LOOKS) settle(told, indexed);
  };
  const failed = (error) => {
    const wait = patience(error);
    if (wait === Infinity || looks >= LOOKS) settle([...waiting], false);
    return wait;
  };
  return (tell) => {
    looks = 0;
    waiting.push(tell);
    if (waiting.length > 1) return;
    end = new AbortController();
    every(LOOK, look, end.signal, failed);
  };
}
