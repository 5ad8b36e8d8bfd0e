/** What is still being loaded behind the service, as it was told last, and which jobs wait for it. */

import { spoken } from "/page/job_words.js";

/** By what `/health` calls it: the states of jobs that cannot go on without it, and its words. */
const PARTS = {
  speech_detection: [["MediaExtraction", "Transcribing"], "speech detection is being loaded"],
  engine: [["Transcribing"], "the engine is being loaded"],
  embeddings: [["Embedding"], "the search model is being loaded"],
  index: [["Embedding"], "the index is being opened"],
};

let loading = [];

/** @param {{ready: Object<string, string>}} health */
export function learn({ ready }) {
  loading = Object.entries(PARTS).filter(([part]) => ready[part] === "loading").map(([, known]) => known);
}

/** What that job waits for, in words; null: for nothing of it. */
export function awaits(job) {
  const { status } = job;
  const can = (states) => states.includes(status) && (spoken(job) || status === "Embedding");
  const found = loading.find(([states]) => can(states));
  return found ? `waits: ${found[1]}` : null;
}
