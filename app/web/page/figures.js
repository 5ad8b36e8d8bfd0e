/** The figures of the service, live: a line of JSON each time. */

import { raw, query } from "/page/api.js";
import { pause } from "/page/every.js";

const AGAIN = 2; // seconds before a broken line is taken up again

/**
 * Calls `told` with each set of figures until `signal`; where the line breaks, `broken` with the
 * reason, and goes on. Ends with a Refusal that asking again would not mend.
 */
export async function figures({ interval, told, broken, signal }) {
  while (!signal.aborted) {
    try {
      for await (const line of lines(`/api/debug-ingestion${query({ interval })}`, signal)) {
        told(JSON.parse(line));
      }
      broken("the service ended it");
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401 || error.status === 403) throw error;
      broken(error.message);
    }
    await pause(AGAIN, signal);
  }
}

async function* lines(path, signal) {
  const answer = await raw(path, { signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const whole = (rest + value).split("\n");
    rest = whole.pop();
    yield* whole.filter(Boolean);
  }
}
