/** Something that is done again and again, while the page is seen. */

const AGAIN = 300;
const BROKEN = 5000;

/**
 * @param {() => Promise<any>} work
 * @param {() => number} pause milliseconds until the next time; Infinity: only when told to
 * @param {(error: Error) => boolean} failed whether to go on after it
 * @returns {() => void} does it now, or as soon as what runs has ended
 */
export function pulse(work, pause, failed, signal) {
  let [timer, busy, again] = [0, false, false];
  const after = (time) => {
    clearTimeout(timer);
    if (signal.aborted || document.hidden || time === Infinity) return;
    timer = setTimeout(beat, time);
  };
  const beat = async () => {
    [busy, again] = [true, false];
    const wait = await work().then(pause, (error) => (failed(error) ? BROKEN : Infinity));
    busy = false;
    after(again ? AGAIN : wait);
  };
  const soon = () => {
    again = true;
    if (!busy) after(AGAIN);
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : soon()), { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  beat();
  return soon;
}
