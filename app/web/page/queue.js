/** The jobs, newest first, as they go on. */

import { ask } from "/page/api.js";
import { fill, h, notice, told } from "/page/dom.js";
import { done } from "/page/job_deeds.js";
import { JobsKnown } from "/page/jobs_known.js";
import { pulse } from "/page/pulse.js";
import { filters } from "/page/queue_filters.js";
import { row } from "/page/queue_row.js";
import { Rows } from "/page/rows.js";

/** Milliseconds between two looks: while something is under way, and else, at /health alone. */
const BUSY = 1500;
const IDLE = 10_000;
/** Between two questions for places in the line. */
const LINE = 8000;
const NONE = {
  "": "Nothing here yet",
  pending: "Nothing waits.",
  running: "Nothing runs.",
  completed: "Nothing is completed yet.",
  failed: "Nothing has failed.",
  cancelled: "Nothing was cancelled.",
};

const HOW = [
  ["Add", "Recordings, films, pictures, texts: drop them here, or give the address of one."],
  ["Watch", "Speech becomes text while you look on. You may close the page: it goes on."],
  ["Search", "Every word that is said or shown is found, and leads to its second."],
];

export class Queue {
  #list = h("ul", { class: "queue", "aria-label": "Jobs", onclick: (event) => this.#deed(event) });
  #rows = new Rows(this.#list, (job) => job.job_id, row);
  #said = h("div", { class: "empty", role: "status" }, "One moment");
  #more = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.#next() }, "More");
  #state = h("p", { class: "small warn", hidden: true });
  #chips = filters((status) => this.#look(status));
  #known;
  /** Counts that were shown; null: all is to be asked anew. */
  #counts = null;
  #asked = -LINE;
  #soon;

  /** @param {string} status of the jobs to show; empty: all */
  constructor(status, signal) {
    this.signal = signal;
    this.#known = new JobsKnown(status);
    this.#chips.choose(status);
    this.#soon = pulse(() => this.#work(), () => (this.#known.under ? BUSY : IDLE), (error) => this.#failed(error), signal);
    addEventListener("job", () => this.#anew(), { signal });
    const reached = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#next(), { rootMargin: "600px" });
    reached.observe(this.#more);
    signal.addEventListener("abort", () => reached.disconnect());
  }

  get element() {
    const head = h("div", { class: "row head" }, h("h2", {}, "Jobs"), this.#chips.element);
    const more = h("p", { class: "row more" }, this.#more);
    return h("section", { "aria-label": "Jobs" }, head, this.#state, this.#list, this.#said, more);
  }

  async #work() {
    const known = this.#known;
    const health = await ask("/health", { signal: this.signal });
    this.#chips.count(health.jobs);
    tell(this.#state, health);
    const counts = JSON.stringify(health.jobs);
    if (counts !== this.#counts || known.under) await known.refresh(health.jobs.running);
    await this.#places(known);
    if (known !== this.#known) return;
    this.#counts = counts;
    this.#draw();
  }

  async #places(known) {
    const again = performance.now() - this.#asked >= LINE;
    if (again) this.#asked = performance.now();
    await Promise.all(known.waiting(seen(this.#list), again).map((id) => known.one(id)));
  }

  #draw() {
    if (this.signal.aborted) return;
    const jobs = this.#known.ordered();
    this.#rows.show(jobs);
    fill(this.#said, jobs.length ? "" : none(this.#known));
    this.#said.hidden = jobs.length > 0;
    this.#more.hidden = this.#known.cursor === null;
  }

  /** Whether to go on asking. */
  #failed(error) {
    if (this.signal.aborted) return false;
    const shut = [401, 403].includes(error.status);
    this.#state.hidden = false;
    this.#state.textContent = shut ? error.message : "The service does not answer: asking again.";
    this.#said.hidden = true;
    return !shut;
  }

  async #next() {
    if (this.#more.disabled || this.#more.hidden) return;
    this.#more.disabled = true;
    const known = this.#known;
    await told(() => known.more());
    this.#more.disabled = false;
    if (known === this.#known) this.#draw();
  }

  #look(status) {
    this.#known = new JobsKnown(status);
    history.replaceState(null, "", status ? `#/?status=${status}` : "#/");
    this.#chips.choose(status);
    this.#rows.show([]);
    this.#more.hidden = true;
    this.#said.hidden = false;
    fill(this.#said, "One moment");
    this.#anew();
  }

  #anew() {
    this.#counts = null;
    this.#soon();
  }

  async #deed({ target }) {
    const button = target.closest("button[data-deed]");
    const job = button && this.#known.jobs.get(button.closest("[data-job]").dataset.job);
    if (!job) return;
    const after = await told(() => done(button.dataset.deed, job));
    if (after === undefined) return;
    after ? this.#known.set(after) : this.#known.remove(job.job_id);
    notice(after ? `${job.title}: ${after.status.toLowerCase()}` : `${job.title} is deleted`);
    this.#draw();
    this.#anew();
  }
}

function none({ status, jobs }) {
  if (jobs.size) return "Only key-frames of videos, which go on by themselves.";
  return [h("p", {}, NONE[status]), !status && h("ol", { class: "how" }, HOW.map(([deed, why]) => h("li", {}, h("b", {}, deed), why)))];
}

/** What keeps jobs from going on. */
function tell(place, { ready, disk }) {
  const why = {
    loading: "The engine is being loaded: jobs are taken in, and begin then.",
    failed: `The engine does not load: ${ready.engine.replace(/^failed: /, "")}`,
  }[ready.engine.split(":")[0]];
  const full = disk !== "ok" && (disk.startsWith("denied: ")
    ? `Nothing can be kept: ${disk.replace(/^denied: /, "")}.`
    : `The disk is nearly full: ${disk.replace(/^low: /, "")}.`);
  place.hidden = !(full || why);
  place.textContent = full || why || "";
}

/** Ids of the rows that are on the screen. */
function seen(list) {
  const rows = [...list.children].filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  return rows.map((row) => row.dataset.job);
}
