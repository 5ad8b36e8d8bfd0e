/** Jobs in words. */

import { job as place, watch } from "/page/api.js";

/** As the API names them. */
const STATUS = {
  Pending: "Waiting",
  MediaExtraction: "Extracting",
  Transcribing: "Transcribing",
  Embedding: "Embedding",
  Completed: "Completed",
  Failed: "Failed",
  Cancelled: "Cancelled",
};
const KINDS = {
  Pending: "waiting", Completed: "completed", Failed: "failed", Cancelled: "cancelled",
};
/** Media that nobody listens to. */
const SEEN = ["image", "text", "keyframe"];
/** Warnings that another run may make good. */
const PASSING = /^(embedding|index|topics|chapters|speakers|description|keyframes|ocr|visual)\.(failed|unavailable)$/;
/** Errors of a medium itself: another run would end as this one did. */
const FINAL = /^media\.(unreadable|empty|unsupported|no_audio)$/;

export const status = (job) => STATUS[job.status] ?? job.status;
/** `waiting`, `running`, `completed`, `failed` or `cancelled`. */
export const kind = (job) => KINDS[job.status] ?? "running";
export const ended = (job) => job.finished_at !== null;
export const spoken = (job) => !SEEN.includes(job.options.media_type);
export const ofFrame = (job) => job.options.media_type === "keyframe";
export const page = (job) => `/#/jobs/${job.job_id}`;
/** Where it is read or watched, once it can be; else its own page. */
export const opened = (job) => (job.status === "Completed" ? watch(job.asset_id) : page(job));
export const api = (job) => place(job.job_id);

export const hopeless = (job) => job.status === "Failed" && FINAL.test(job.error?.code ?? "");

/** What may be done with it now. */
export function deeds(job) {
  if (!ended(job)) return ["cancel"];
  if (hopeless(job)) return ["delete"];
  const again = job.status !== "Completed" || job.warnings.some(({ code }) => PASSING.test(code));
  return again ? ["retry", "delete"] : ["delete"];
}

/** As what it found is called by now. */
export const named = (job) => job.asset_title ?? job.title;

/** Where it is from, unless its title says so. */
export function source(job) {
  const { kind: how, name } = job.source;
  if (how === "url") return name.replace(/^https?:\/\//, "").replace(/[?#].*/, "");
  return name === named(job) ? null : name;
}
