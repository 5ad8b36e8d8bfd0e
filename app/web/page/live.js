/** A job as it happens: events that the browser asks for again by itself when the line breaks. */

import { job as place, raw } from "/page/api.js";
import { lines } from "/page/lines.js";

const AGAIN = 2000;
/** More segments than a job has: whoever knows them all is told none. */
const ALL = { "Last-Event-ID": "999999999" };

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

/** What becomes of a job, without what is said in it: `[kind, data]` each; once, until it breaks. */
export async function* moves(id, signal) {
  const answer = await raw(`${place(id)}/events`, { headers: ALL, signal });
  let kind = "";
  for await (const line of lines(answer)) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    if (line.startsWith("data: ")) yield [kind, JSON.parse(line.slice(6))];
  }
}
