/**
 * What the job found: of each word its time and its place in its passage, as plain arrays; and what
 * is told of all of it. It is read by a worker: of ten hours it is some ten megabytes of JSON.
 */

import { job, raw } from "/page/api.js";

const READER = "/page/watch/result_reader.js";

let policy = null;

/**
 * `{ about, segments, starts, ends, places, lengths }`, see the reader; with `texts` also those of
 * all passages. Null where there is none.
 */
export async function result(id, { texts = false } = {}) {
  if (!id) return null;
  await painted();
  const answer = await raw(`${job(id)}/result`).catch(() => null);
  if (!answer) return null;
  return read(await answer.arrayBuffer(), texts);
}

function read(text, texts) {
  return new Promise((resolve) => {
    const worker = new Worker(trusted(READER), { type: "module" });
    const end = (found) => {
      worker.terminate();
      resolve(found);
    };
    worker.addEventListener("message", ({ data }) => end(data));
    worker.addEventListener("error", () => end(null));
    worker.postMessage({ text, texts }, [text]);
  });
}

/** A page that takes no script from strings is told that this address is meant. */
function trusted(address) {
  if (!globalThis.trustedTypes) return address;
  policy ??= trustedTypes.createPolicy("spool-reader", { createScriptURL: () => address });
  return policy.createScriptURL(address);
}

function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
