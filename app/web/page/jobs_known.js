/** The jobs that were told, page by page, as they are now. No page, only what is in it. */

import { ask, query } from "/page/api.js";
import { ended, kind, ofFrame } from "/page/job_words.js";

const PAGE = 50;
const RUNNING = 50;
const LINES = 5;

export class JobsKnown {
  /** @param {string} status as the API takes it; empty: all */
  constructor(status) {
    this.status = status;
    this.jobs = new Map();
    /** Of pages behind the first: `{cursor, before}`, `before` the place where it begins. */
    this.tails = [];
    /** How many of them are to be asked for anew. */
    this.behind = 0;
    /** Of the next page that was not told; null: there is none. */
    this.cursor = null;
    /** Where the last page that was told ends. */
    this.end = null;
    this.turn = 0;
  }

  get under() {
    return [...this.jobs.values()].some((job) => !ended(job));
  }

  /** Those that run, but for key-frames, which are not shown. */
  get running() {
    return [...this.jobs.values()].filter((job) => kind(job) === "running" && !ofFrame(job));
  }

  /** What runs first, then newest first. */
  ordered() {
    const all = [...this.jobs.values()].filter((job) => !ofFrame(job) || job.status === "Failed");
    const rank = (job) => (!this.status && kind(job) === "running" ? 0 : 1);
    return all.sort((one, other) => rank(one) - rank(other) || (isNewer(one, other) ? -1 : 1));
  }

  /** After something began or ended: the first page, what runs, and in turn the other pages. */
  async refresh(runs) {
    const [first, running] = await Promise.all([this.list({}), runs ? this.underWay() : []]);
    const ran = this.allRunning();
    if (!this.meets(first)) this.forget();
    this.put(first, null);
    if (!this.tails.length) this.reach(first);
    this.behind = this.tails.length;
    await Promise.all([this.tail(), this.ran(ran, running)]);
  }

  /** In between: what runs, as far as it is, and what `refresh` has left. */
  async move() {
    if (this.status === "running") return this.refresh(0);
    const ran = this.allRunning();
    const [running] = await Promise.all([ran.length ? this.underWay() : [], this.tail()]);
    return this.ran(ran, running);
  }

  /** The next page; those with nothing to show are passed over. */
  async more() {
    for (let pages = 0; this.cursor && pages < 5; pages += 1) {
      const [cursor, before] = [this.cursor, this.end];
      const page = await this.list({ cursor });
      if (cursor !== this.cursor) return;
      this.tails.push({ cursor, before });
      this.put(page, before);
      this.reach(page);
      if (page.jobs.some((job) => !ofFrame(job))) return;
    }
  }

  /** Of jobs that are looked at, a few that wait: their places in the line are told one by one. */
  waiting(ids, again) {
    const wanted = (job) => job?.status === "Pending" && (again || job.queue_position === null);
    return ids.filter((id) => wanted(this.jobs.get(id))).slice(-LINES);
  }

  set(job) {
    const before = this.jobs.get(job.job_id);
    // lists do not tell it
    if (before && job.status === "Pending" && job.queue_position === null) {
      job = { ...job, queue_position: before.queue_position, eta: before.eta };
    }
    this.jobs.set(job.job_id, furthest(before, job));
  }

  remove(id) {
    this.jobs.delete(id);
  }

  async one(id) {
    const found = await ask(`/api/v1/jobs/${id}`).catch((error) => (error.status === 404 ? null : Promise.reject(error)));
    found ? this.set(found) : this.remove(id);
  }

  list(more) {
    return ask(`/api/v1/jobs${query({ status: this.status, limit: PAGE, ...more })}`);
  }

  allRunning() {
    return [...this.jobs.values()].filter((job) => kind(job) === "running");
  }

  async underWay() {
    if (this.status) return [];
    return (await ask(`/api/v1/jobs${query({ status: "running", limit: RUNNING })}`)).jobs;
  }

  /** Whoever ran and does not any more may stand on a page that is not asked for. */
  ran(before, running) {
    if (this.status) return null;
    for (const job of running) this.set(job);
    const now = new Set(running.map((job) => job.job_id));
    const left = before.filter(({ job_id: id }) => !now.has(id) && kind(this.jobs.get(id) ?? {}) === "running");
    return Promise.all(left.map((job) => this.one(job.job_id)));
  }

  async tail() {
    const under = this.behind && [...this.jobs.values()].some((job) => at(job) < this.tails[0].before && !ended(job));
    this.behind = under ? this.behind - 1 : 0;
    if (!under) return;
    const { cursor, before } = this.tails[(this.turn += 1) % this.tails.length];
    this.put(await this.list({ cursor }), before);
  }

  /** A page in place of what was known of its stretch: what is not in it is gone. */
  put({ jobs, cursor }, before) {
    const end = cursor && at(jobs.at(-1));
    const there = new Set(jobs.map((job) => job.job_id));
    for (const [id, job] of this.jobs) {
      const inside = (!before || at(job) < before) && (!end || at(job) >= end);
      if (inside && !there.has(id) && !ofFrame(job)) this.jobs.delete(id);
    }
    for (const job of jobs) this.set(job);
  }

  /** So far is told: what is behind it, and does not run, may be anything by now. */
  reach({ jobs, cursor }) {
    this.cursor = cursor;
    this.end = cursor && at(jobs.at(-1));
    for (const [id, job] of this.jobs) {
      if (this.end && at(job) < this.end && kind(job) !== "running") this.jobs.delete(id);
    }
  }

  /** Else more came at once than a page has, and what is between is not known. */
  meets({ jobs, cursor }) {
    return !cursor || !this.jobs.size || jobs.some((job) => this.jobs.has(job.job_id));
  }

  forget() {
    this.jobs.clear();
    this.tails = [];
    this.behind = 0;
  }
}

/** An answer may be older than what its stream has told meanwhile. */
function furthest(before, job) {
  const same = before?.status === job.status && before.attempts === job.attempts && kind(job) === "running";
  if (!same || before.progress <= job.progress) return job;
  return { ...job, progress: before.progress, eta: before.eta };
}

/** Its place in the list: what is greater is newer. */
function at(job) {
  return job.created_at + job.job_id;
}

/** As `at` has it, without a text for each of so many looks. */
function isNewer({ created_at: one, job_id: name }, { created_at: other, job_id: otherName }) {
  return one === other ? name > otherName : one > other;
}
