/** What happens again and again while a view stands, and can be seen. */

import { patience } from "/page/refusal.js";

const SOON = 0.3; // seconds

/**
 * Does `work` at once, and so many seconds after it has ended, until `signal`.
 *
 * @param {number | (() => number)} seconds Infinity: only when told to
 * @param {() => any} work
 * @param {AbortSignal} signal
 * @param {(error: Error) => number} [failed] seconds until the next time after an error
 * @returns {() => void} does it now, or as soon as what runs has ended
 */
export function every(seconds, work, signal, failed = patience) {
  let [timer, busy, again] = [0, false, false];
  const rest = () => (typeof seconds === "function" ? seconds() : seconds);
  const after = (time) => {
    clearTimeout(timer);
    if (signal.aborted || document.hidden || time === Infinity) return;
    timer = setTimeout(beat, time * 1000);
  };
  const beat = async () => {
    [busy, again] = [true, false];
    const wait = await Promise.resolve().then(work).then(rest, failed);
    busy = false;
    after(again ? SOON : wait);
  };
  const soon = () => {
    again = true;
    if (!busy) after(SOON);
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : soon()), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  beat();
  return soon;
}

/** So long, or until `signal`. */
export function pause(seconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener("abort", done);
  });
}
