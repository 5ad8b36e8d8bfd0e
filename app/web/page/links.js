/** Media that the service fetches by itself. */

import { ask } from "/page/api.js";
import { notice } from "/page/dom.js";
import { wishes } from "/page/options.js";
import { why } from "/page/refusal.js";

/** Returns the addresses that were refused; a notice says why. */
export async function send(links) {
  const refused = [];
  const options = wishes({ single: links.length === 1 });
  for (const url of links) {
    try {
      await ask("/api/v1/ingest", { json: { url, ...options } });
      dispatchEvent(new Event("job"));
    } catch (error) {
      refused.push(url);
      notice(`${url}: ${why(error)}`, { bad: true });
    }
  }
  return refused;
}
