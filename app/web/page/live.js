/** A job as it happens: events that the browser asks for again by itself when the line breaks. */

import { job as place } from "/page/api.js";

const AGAIN = 2000;

/**
 * `heard` has `state`, `progress`, `segment` and `done`, each called with the event's data, and
 * `lost`: the service does not go on telling. It returns (a promise of) whether to ask again.
 */
export function follow(id, heard, signal) {
  if (signal.aborted) return;
  const source = new EventSource(`${place(id)}/events`);
  const close = () => source.close();
  signal.addEventListener("abort", close);
  for (const kind of ["state", "progress", "segment", "done"]) {
    source.addEventListener(kind, (event) => heard[kind](JSON.parse(event.data)));
  }
  source.addEventListener("done", close);
  source.addEventListener("error", async () => {
    if (source.readyState !== EventSource.CLOSED || signal.aborted) return;
    if (await heard.lost()) setTimeout(() => signal.aborted || follow(id, heard, signal), AGAIN);
  });
}
