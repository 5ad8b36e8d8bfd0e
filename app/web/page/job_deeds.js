/** What people do to jobs. */

import { ask } from "/page/api.js";
import { h } from "/page/dom.js";
import { api, deeds, named } from "/page/job_words.js";
import { may, unless } from "/page/session.js";
import { sureToDelete } from "/page/sure.js";

const WORDS = { cancel: "Cancel", retry: "Retry", delete: "Delete" };
const SCOPES = { cancel: "ingest", retry: "ingest", delete: "admin" };

/** Buttons of what may be done to `job` now, named by `data-deed`. */
export function buttons(job, size = "small") {
  return deeds(job).map((deed) => h("button", {
    type: "button",
    class: `${deed === "delete" ? "danger" : "quiet"} ${size}`,
    dataset: { deed },
    "aria-label": `${WORDS[deed]} ${named(job)}`,
    disabled: !may(SCOPES[deed]),
    title: unless(SCOPES[deed]),
  }, WORDS[deed]));
}

/** What is said once it is done: of another try no state, which would not be true for long. */
export function saying(deed, job) {
  return deed === "retry" ? `${named(job)} is on its way again` : `${named(job)}: ${job.status.toLowerCase()}`;
}

/** The job as it is then; null when it is gone; undefined when they thought better of it. */
export async function done(deed, job) {
  if (deed !== "delete") return ask(`${api(job)}/${deed}`, { method: "POST" });
  if (!(await sureToDelete(named(job), "The job goes, with its file and all that is found of it."))) return undefined;
  return ask(api(job), { method: "DELETE" });
}
