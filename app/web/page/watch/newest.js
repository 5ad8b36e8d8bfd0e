/** What stands on the page may not be all: a job may be at work on it again, or have failed. */

import { ask, asset } from "/page/api.js";
import { h } from "/page/dom.js";
import { kind } from "/page/job_words.js";

const BEFORE = "What stands here is what was known before.";
/** By the kind of the newest job. */
const WORDS = {
  waiting: "A job is to work on it: what stands here may change.",
  running: "A job is at work on it: what stands here may change.",
  failed: `The newest job on it has failed. ${BEFORE}`,
  cancelled: `The newest job on it was cancelled. ${BEFORE}`,
};

export async function newest(main) {
  const now = await ask(asset(main.dataset.asset));
  const words = WORDS[kind(now)];
  if (!words) return;
  const there = h("a", { href: `/#/jobs/${now.job_id}` }, "See the job");
  main.querySelector(".about").append(h("p", { class: "gone" }, `${words} `, there));
}
