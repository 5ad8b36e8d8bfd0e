/**
 * What the job found: of each word its time and its place in its passage, as plain arrays; and what
 * is told of all of it. It is read by a worker: of ten hours it is some ten megabytes of JSON.
 */

import { job, raw } from "/page/api.js";

const READER = "/page/watch/result_reader.js";

/** `{ about, segments, starts, ends, places, lengths }`, see the reader; null where there is none. */
export async function result(id, transcript) {
  if (!id) return null;
  await painted();
  const answer = await raw(`${job(id)}/result`).catch(() => null);
  if (!answer) return null;
  const text = await answer.arrayBuffer();
  return read(text, transcript.passages.length);
}

function read(text, passages) {
  return new Promise((resolve) => {
    const worker = new Worker(trusted(READER), { type: "module" });
    const end = (found) => {
      worker.terminate();
      resolve(found);
    };
    worker.addEventListener("message", ({ data }) => end(data));
    worker.addEventListener("error", () => end(null));
    worker.postMessage({ text, passages }, [text]);
  });
}

/** A page that takes no script from strings is told that this address is meant. */
function trusted(address) {
  if (!globalThis.trustedTypes) return address;
  const policy = trustedTypes.createPolicy("spool-reader", { createScriptURL: () => address });
  return policy.createScriptURL(address);
}

function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
