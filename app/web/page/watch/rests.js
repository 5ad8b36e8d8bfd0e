/** Long work in short tasks, so that the page stays at hand meanwhile. */

const TASK = 8; // milliseconds until the page has its turn

/** Returns what long work awaits in between. It throws an AbortError once `signal` is aborted. */
export function rests(signal) {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TASK) return;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    since = performance.now();
  };
}
