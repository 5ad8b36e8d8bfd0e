/** The jobs, newest first, as they go on. */

import { ask } from "/page/api.js";
import { h, notice, told } from "/page/dom.js";
import { every } from "/page/every.js";
import { done, saying } from "/page/job_deeds.js";
import { ended, kind, named } from "/page/job_words.js";
import { JobsKnown } from "/page/jobs_known.js";
import { letters } from "/page/letters.js";
import { learn } from "/page/loading.js";
import { filters } from "/page/queue_filters.js";
import { Live } from "/page/queue_live.js";
import { row } from "/page/queue_row.js";
import { moment, nothing, refused, trouble } from "/page/queue_words.js";
import { patience } from "/page/refusal.js";
import { Rows } from "/page/rows.js";

/** Seconds between two looks: while something moves that no stream tells of, and else, at /health alone. */
const BUSY = 3;
const IDLE = 10;
/** Seconds after something was added: others are often on their heels. */
const ADDED = 1;
/** Seconds between two questions for places in the line: after something began or ended, and else. */
const LINE = 8;
const STILL = 30;
/** Rows that are made at once; the others when their place comes near. */
const SLICE = 20;

export class Queue {
  #list = h("ul", { class: "queue", "aria-label": "Jobs", onclick: (event) => this.#deed(event) });
  #rows = new Rows(this.#list, (job) => job.job_id, row);
  #said = h("div", { class: "empty", role: "status" });
  #more = h("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.#next() }, "More");
  #state = h("p", { class: "small warn", role: "status", hidden: true });
  #chips = filters((status) => this.#look(status));
  #near = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && this.#next(), { rootMargin: "1000px" });
  #known;
  #live;
  /** Notices of other tries, by job. */
  #again = new Map();
  /** Rows that may be shown, and jobs that there are. */
  #drawn = SLICE;
  #count = 0;
  /** Counts that were shown; null: all is to be asked anew. */
  #counts = null;
  #asked = -Infinity;
  /** Whether more rows are on their way. */
  #asking = false;
  #soon;

  /** @param {string} status of the jobs to show; empty: all */
  constructor(status, signal) {
    this.signal = signal;
    this.#known = new JobsKnown(status);
    this.#chips.choose(status);
    moment(this.#said);
    this.#live = new Live((...told) => this.#moved(...told), () => this.#soon(), signal);
    this.#soon = every(() => this.#pause(), () => this.#work(), signal, (error) => this.#failed(error));
    addEventListener("job", () => this.#anew(ADDED), { signal });
    this.#near.observe(this.#more);
    signal.addEventListener("abort", () => this.#near.disconnect());
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
    letters(health.dead_letters);
    learn(health);
    trouble(this.#state, health);
    const counts = JSON.stringify(health.jobs);
    const changed = counts !== this.#counts;
    if (changed) await known.refresh(health.jobs.running);
    else if (known.behind || !this.#live.covers(known.running)) await known.move();
    await this.#places(known, changed);
    if (known !== this.#known) return;
    this.#counts = counts;
    this.#draw();
  }

  /** What waits while nothing runs is about to begin. */
  #pause() {
    const { behind, running, under } = this.#known;
    const told = running.length > 0 && this.#live.covers(running);
    return behind || (under && !told) ? BUSY : IDLE;
  }

  async #places(known, changed) {
    const now = performance.now() / 1000;
    const again = now - this.#asked >= (changed ? LINE : STILL);
    if (again) this.#asked = now;
    const ids = this.#rows.seen().map((job) => job.job_id);
    await Promise.all(known.waiting(ids, again).map((id) => known.one(id)));
  }

  #draw() {
    if (this.signal.aborted) return;
    this.#takeBack();
    const jobs = this.#known.ordered();
    this.#count = jobs.length;
    // what is shown stays, however much comes before it
    this.#drawn = Math.max(this.#drawn, jobs.findLastIndex((job) => this.#rows.has(job)) + 1);
    this.#rows.show(jobs.slice(0, this.#drawn));
    for (const job of this.#rows.seen()) this.#rows.update(job); // their age
    if (!jobs.length) nothing(this.#said, this.#known);
    this.#said.hidden = jobs.length > 0;
    this.#more.hidden = this.#drawn >= jobs.length && this.#known.cursor === null;
    this.#live.follow(this.#known.running);
  }

  /** By its stream. What ended is asked for, with all that is known of it then. */
  #moved(id, event, now) {
    const job = this.#known.jobs.get(id);
    const moved = job && { ...job, ...now };
    if (event === "done" || !moved || kind(moved) !== "running") return;
    this.#known.set(moved);
    if (this.#rows.has(moved)) this.#rows.update(moved);
  }

  /** Seconds until it is asked again. */
  #failed(error) {
    const wait = patience(error);
    if (this.signal.aborted) return Infinity;
    refused(this.#state, error, wait);
    this.#said.hidden = true;
    return wait;
  }

  /** More of what is known, and the next page behind its end. */
  async #next() {
    if (this.#asking || this.#more.hidden) return;
    const known = this.#known;
    this.#asking = true;
    const got = this.#drawn + SLICE <= this.#count || (await told(async () => (await known.more(), true)));
    this.#asking = false;
    if (!got || known !== this.#known) return;
    this.#drawn += SLICE;
    this.#draw();
    // told anew whether it is still near
    this.#near.unobserve(this.#more);
    this.#near.observe(this.#more);
  }

  #look(status) {
    this.#known = new JobsKnown(status);
    this.#drawn = SLICE;
    history.replaceState(null, "", status ? `#/?status=${status}` : "#/");
    this.#chips.choose(status);
    this.#rows.show([]);
    this.#more.hidden = true;
    moment(this.#said);
    this.#anew();
  }

  /** That it is on its way is taken back once it has ended. */
  #tell(deed, after, job) {
    const said = notice(after ? saying(deed, after) : `${named(job)} is deleted`);
    if (deed === "retry") this.#again.set(job.job_id, said);
  }

  #takeBack() {
    for (const [id, said] of this.#again) {
      const job = this.#known.jobs.get(id);
      if (job && !ended(job)) continue;
      said.remove();
      this.#again.delete(id);
    }
  }

  #anew(time) {
    this.#counts = null;
    this.#soon(time);
  }

  async #deed({ target }) {
    const button = target.closest("button[data-deed]");
    const job = button && this.#known.jobs.get(button.closest("[data-job]").dataset.job);
    if (!job) return;
    const after = await told(() => done(button.dataset.deed, job));
    if (after === undefined) return;
    after ? this.#known.set(after) : this.#known.remove(job.job_id);
    this.#tell(button.dataset.deed, after, job);
    this.#draw();
    this.#anew();
  }
}
