/** The figures of the service, live: a line of JSON each time. */

import { raw, query } from "/page/api.js";
import { pause } from "/page/every.js";
import { lines } from "/page/lines.js";
import { patience } from "/page/refusal.js";

const AGAIN = 2; // seconds before a broken line is taken up again

/**
 * Calls `told` with each set of figures until `signal`; where the line breaks, `broken` with the
 * reason, and goes on. Ends with a Refusal that asking again would not mend.
 */
export async function figures({ interval, told, broken, signal }) {
  while (!signal.aborted) {
    let wait = AGAIN;
    try {
      const answer = await raw(`/api/debug-ingestion${query({ interval })}`, { signal });
      for await (const line of lines(answer)) told(JSON.parse(line));
      broken("the service ended it");
    } catch (error) {
      if (signal.aborted) return;
      if (patience(error) === Infinity) throw error;
      broken(error.message);
      wait = error.wait || AGAIN;
    }
    await pause(wait, signal);
  }
}
