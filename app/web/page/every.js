/** What happens again and again while a view stands, and can be seen. */

import { patience } from "/page/refusal.js";

const SOON = 0.3; // seconds

/**
 * Does `work` at once, and so many seconds after it has ended, until `signal`; never before
 * the service wants to be asked again.
 *
 * @param {number | (() => number)} seconds Infinity: only when told to
 * @param {() => any} work
 * @param {AbortSignal} signal
 * @param {(error: Error) => number} [failed] seconds until the next time after an error
 * @returns {(time?: number) => void} does it in so many seconds, or as soon as what runs has ended
 */
export function every(seconds, work, signal, failed = patience) {
  let [timer, busy, again, due, notBefore] = [0, false, Infinity, Infinity, 0];
  const now = () => performance.now() / 1000;
  const rest = () => (typeof seconds === "function" ? seconds() : seconds);
  const after = (time) => {
    clearTimeout(timer);
    due = Infinity;
    if (signal.aborted || document.hidden || time === Infinity) return;
    due = Math.max(now() + time, notBefore);
    timer = setTimeout(beat, (due - now()) * 1000);
  };
  const refused = (error) => {
    notBefore = now() + (error.wait ?? 0);
    return failed(error);
  };
  const beat = async () => {
    [busy, again] = [true, Infinity];
    const wait = await Promise.resolve().then(work).then(rest, refused);
    busy = false;
    after(Math.min(again, wait));
  };
  const soon = (time = SOON) => {
    again = Math.min(again, time);
    // who asks meanwhile does not put it off
    if (!busy) after(Math.min(time, due - now()));
  };
  if (signal.aborted) return soon;
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
