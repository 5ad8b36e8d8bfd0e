/** One job, from the outside and as it happens. */

import { ask, job as place, watch } from "/page/api.js";
import { fill, h, notice, refill, told } from "/page/dom.js";
import { every } from "/page/every.js";
import { done, saying } from "/page/job_deeds.js";
import { downloads, facts, head, tries } from "/page/job_parts.js";
import { ended, spoken } from "/page/job_words.js";
import { follow } from "/page/live.js";
import { Progress } from "/page/job_progress.js";
import { learn } from "/page/loading.js";
import { Transcript } from "/page/transcript.js";
import { busy } from "/page/uploads.js";

export const title = "Job";
/** Seconds between two looks at what it waits for: its turn, or what is being loaded. */
const LINE = 5;

export async function show(main, { rest: [id = ""], signal }) {
  try {
    new JobView(main, await ask(place(id), { signal }), signal);
  } catch (error) {
    if (error.status !== 404) throw error;
    unknown(main, id);
  }
}

function unknown(main, id) {
  const why = "It was deleted, or there never was one of this name.";
  fill(main, h("h1", {}, "There is no such job"), h("p", {}, h("code", {}, id)), h("p", {}, why),
    h("p", {}, h("a", { href: "/#/" }, "To the jobs there are")));
}

class JobView {
  #head = h("div", { onclick: (event) => this.#deed(event) });
  #progress = new Progress();
  #transcript;
  #below = h("div");
  #drawn = "";
  #looks = 0;
  /** Nothing is to be seen of it any more. */
  #gone = false;

  constructor(main, job, signal) {
    Object.assign(this, { main, job, signal });
    /** Whoever saw it run is taken along when it is done. */
    this.awaited = !ended(job);
    this.#transcript = new Transcript(job);
    main.append(this.#head, this.#progress.element, this.#transcript.element, this.#below);
    this.#draw();
    if (spoken(job) || this.awaited) this.#follow();
    every(LINE, () => this.#line(), signal);
  }

  #follow() {
    follow(this.job.job_id, {
      state: () => this.#look(),
      progress: (now) => this.#moved(now),
      segment: (segment) => this.#transcript.add(segment),
      done: () => this.#look(),
      lost: () => this.#look(),
    }, this.signal);
  }

  /** Returns whether it is still under way. */
  async #look() {
    if (this.#gone) return false;
    const look = (this.#looks += 1);
    try {
      const job = await ask(place(this.job.job_id), { signal: this.signal });
      if (look !== this.#looks) return true; // a later one tells more
      this.job = job;
    } catch (error) {
      this.#gone ||= error.status === 404;
      if (this.#gone && !this.signal.aborted) unknown(this.main, this.job.job_id);
      return !this.signal.aborted && ![401, 403, 404].includes(error.status);
    }
    if (ended(this.job)) this.said?.remove();
    this.#draw();
    if (this.awaited && this.job.status === "Completed" && !busy()) location.assign(watch(this.job.asset_id));
    this.awaited &&= !ended(this.job) || this.job.status !== "Completed";
    return !ended(this.job);
  }

  async #line() {
    if (ended(this.job)) return;
    learn(await ask("/health", { signal: this.signal }));
    if (this.job.status === "Pending") await this.#look();
    else this.#progress.show(this.job);
  }

  #moved({ progress, eta }) {
    this.job = { ...this.job, progress, eta };
    this.#progress.show(this.job);
  }

  #draw() {
    document.title = `${this.job.title} · Spool`;
    this.#progress.show(this.job);
    this.#transcript.told(this.job);
    // else what was opened were lost each time
    const still = JSON.stringify({ ...this.job, progress: 0, eta: 0, queue_position: 0, updated_at: "" });
    if (still === this.#drawn) return;
    this.#drawn = still;
    const open = [...this.#below.querySelectorAll("details")].map((each) => each.open);
    refill(this.#head, head(this.job), "h1");
    refill(this.#below, [downloads(this.job), facts(this.job), tries(this.job)], "summary");
    this.#below.querySelectorAll("details").forEach((each, place) => (each.open ||= open[place] ?? false));
  }

  async #deed({ target }) {
    const deed = target.closest("button[data-deed]")?.dataset.deed;
    if (!deed) return;
    const after = await told(() => done(deed, this.job));
    if (after === undefined || this.signal.aborted) return;
    if (after === null) return void location.assign("/#/");
    const again = ended(this.job);
    Object.assign(this, { job: after, awaited: !ended(after) });
    const said = notice(saying(deed, after));
    this.said = deed === "retry" ? said : null;
    this.#draw();
    if (again && this.awaited) this.#follow();
  }
}
