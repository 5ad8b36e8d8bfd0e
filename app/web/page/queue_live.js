/** Jobs that run, each told by a stream of its own. */

import { moves } from "/page/live.js";

/** A browser has six lines to a service, of all its tabs; uploads take three. */
const MOST = 2;

export class Live {
  #lines = new Map();

  /**
   * @param {(id: string, kind: string, now: any) => void} moved
   * @param {() => void} ended one of them is told no more
   */
  constructor(moved, ended, signal) {
    Object.assign(this, { moved, ended });
    const leave = () => this.follow([]);
    signal.addEventListener("abort", leave);
    document.addEventListener("visibilitychange", () => document.hidden && leave(), { signal });
  }

  /** The first of these jobs, and no others. */
  follow(jobs) {
    const ids = document.hidden ? [] : jobs.slice(0, MOST).map((job) => job.job_id);
    for (const [id, line] of this.#lines) if (!ids.includes(id)) this.#leave(id, line);
    for (const id of ids) if (!this.#lines.has(id)) this.#listen(id);
  }

  /** Whether nobody need ask how far these are. */
  covers(jobs) {
    return jobs.every((job) => this.#lines.has(job.job_id));
  }

  async #listen(id) {
    const line = new AbortController();
    this.#lines.set(id, line);
    let heard = false;
    try {
      for await (const [kind, now] of moves(id, line.signal)) {
        heard = true;
        this.moved(id, kind, now);
      }
    } catch {
      // whoever asks for them all goes on, and follows it anew
    }
    if (line.signal.aborted) return;
    this.#leave(id, line);
    // one that is refused at once would be so again
    if (heard) this.ended();
  }

  #leave(id, line) {
    this.#lines.delete(id);
    line.abort();
  }
}
