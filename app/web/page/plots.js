/** All that is plotted of the service while somebody looks. */

import { fill, h } from "/page/dom.js";
import { figures } from "/page/figures.js";
import { Plot, timeOf } from "/page/plot.js";
import { uplot } from "/page/uplot.js";

const KEPT = 600; // moments: ten minutes at one a second
const SECOND = 1;
const CALM = 5; // seconds between two, for whom motion is reduced

const PLOTS = [
  { title: "Queue", unit: "count", about: "Jobs that wait, and that run; the queue has key-frames, too",
    curves: [["waiting", "waiting"], ["running", "running"], ["depth", "in the queue"]] },
  { title: "Key-frames", unit: "count", about: "Pictures of videos, which are jobs of their own",
    curves: [["frames_waiting", "waiting"], ["frames_running", "running"]] },
  { title: "Rates", unit: "rate", about: "Jobs a minute, key-frames among them",
    curves: [["completed_rate", "completed"], ["failed_rate", "failed"]] },
  { title: "Jobs that ended", unit: "count", about: "All that are kept, but for key-frames",
    curves: [["completed", "completed"], ["failed", "failed"], ["cancelled", "cancelled"]] },
  { title: "Speech", unit: "rate", about: "Seconds of sound heard in a second",
    curves: [["audio", "times as fast as talk"]] },
  { title: "Workers", unit: "count", about: "Processes that transcribe",
    curves: [["busy", "busy"], ["slots", "in all"]] },
  { title: "Free disk", unit: "bytes", about: "Where the data folder is",
    curves: [["free", "free"]] },
  { title: "Data", unit: "bytes", about: "What Spool keeps there",
    curves: [["data", "in all"], ["index_bytes", "index"]] },
  { title: "Index", unit: "count", about: "Moments that can be found",
    curves: [["rows", "rows"]] },
  { title: "Index lag", unit: "count", about: "Media not yet found as they are",
    curves: [["lag", "behind"]] },
];

/** By the names of the curves; undefined is what this service does not tell. */
function values(line) {
  const minute = (rate) => (typeof rate === "number" ? rate * 60 : rate);
  return {
    waiting: line.jobs.pending,
    running: line.jobs.running,
    depth: line.queue_depth,
    frames_waiting: line.frames?.pending,
    frames_running: line.frames?.running,
    completed_rate: minute(line.completed_rate),
    failed_rate: minute(line.failed_rate),
    completed: line.jobs.completed,
    failed: line.jobs.failed,
    cancelled: line.jobs.cancelled,
    audio: line.audio_rate,
    busy: line.workers?.busy,
    slots: line.workers?.total,
    free: line.disk_free,
    data: line.data_bytes,
    rows: told(line.index, "rows"),
    index_bytes: told(line.index, "bytes"),
    lag: line.index_lag,
  };
}

const CONNECTED = "the last ten minutes, while you are here";

/** Null stands for all of it, where the index is still loading. */
const told = (whole, name) => (whole === null ? null : whole?.[name]);

/** The section, which lives until `signal`; `heard` gets each set of figures. */
export function plots({ signal, heard }) {
  const all = PLOTS.map((each) => new Plot(each));
  const state = h("span", { class: "small dim", role: "status" }, "connecting");
  const at = h("span", { class: "small dim number" });
  const section = h("section", { "aria-labelledby": "live" },
    h("div", { class: "row live" }, h("h2", { id: "live" }, "Live"), state, at),
    h("div", { class: "plots" }, all.map((each) => each.element)));
  const shown = new Shown(all, at);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  draw(all, shown, state, signal);
  const reading = figures({
    interval: calm ? CALM : SECOND,
    signal,
    told: (line) => (fill(state, CONNECTED), shown.add(line), heard(line)),
    broken: (why) => (fill(state, `not live: ${why}`), shown.gap()),
  });
  reading.catch(({ message }) => fill(state, `not live: ${message}`));
  return section;
}

async function draw(all, shown, state, signal) {
  const uPlot = await uplot().catch(({ message }) => fill(state, message) && null);
  if (!uPlot || signal.aborted) return;
  for (const each of all) each.draw(uPlot, (moment) => shown.point(moment));
  const sizes = new ResizeObserver(() => all.forEach((each) => each.resize()));
  for (const each of all) sizes.observe(each.element);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => all.forEach((each) => each.redraw()), { signal });
  signal.addEventListener("abort", () => (sizes.disconnect(), all.forEach((each) => each.destroy())));
  shown.renew();
}

/** The moments that are kept, and which of them is told in words. */
class Shown {
  #times = [];
  #rows = {};
  #pointed = null;

  constructor(all, at) {
    Object.assign(this, { all, at });
  }

  add(line) {
    this.#push(Date.parse(line.at) / 1000, values(line));
  }

  /** No line is drawn over what nobody heard of. */
  gap() {
    if (this.#times.length) this.#push(Date.now() / 1000, {}, null);
  }

  /** Words tell of the moment that is pointed at, or of the latest. */
  point(moment) {
    if (moment === this.#pointed) return;
    this.#pointed = moment;
    const at = this.#told();
    fill(this.at, moment === null ? "" : `at ${timeOf(this.#times[at])}`);
    for (const each of this.all) each.say(each.names.map((name) => this.#rows[name]), at);
  }

  renew() {
    if (!this.#times.length) return;
    for (const each of this.all) each.show(this.#times, this.#rows, this.#told());
  }

  #told() {
    const last = this.#times.length - 1;
    return Math.min(this.#pointed ?? last, last);
  }

  #push(time, row, missing = undefined) {
    this.#times.push(Math.max(time, (this.#times.at(-1) ?? 0) + 0.001));
    for (const name of PLOTS.flatMap(({ curves }) => curves.map(([each]) => each))) {
      const curve = (this.#rows[name] ??= []);
      curve.push(name in row ? row[name] : missing);
      if (curve.length > KEPT) curve.shift();
    }
    if (this.#times.length > KEPT) this.#times.shift();
    this.renew();
  }
}
