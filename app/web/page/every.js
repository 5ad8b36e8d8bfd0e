/** What happens again and again while a view stands. */

/** At once, then so often, while the page can be seen; ends with `signal`. */
export async function every(seconds, work, signal) {
  while (!signal.aborted) {
    if (!document.hidden) await work();
    await pause(seconds, signal);
  }
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
