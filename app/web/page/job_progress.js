/** How far a job is: its stages as steps, a bar, and now and then a word for those who listen. */

import { h } from "/page/dom.js";
import { about, percent } from "/page/format.js";
import { ended, kind, status } from "/page/job_words.js";
import { awaits } from "/page/loading.js";

const STAGES = [["media_extraction", "Extraction"], ["transcribing", "Transcription"], ["embedding", "Embedding"]];
/** Of media that nobody listens to. */
const STEPS = { image: ["media_extraction", "embedding"], keyframe: ["media_extraction", "embedding"], text: ["embedding"] };
/** It is said once in every such part of the way. */
const SAID = 0.25;

export class Progress {
  #steps = h("ol", { class: "steps" });
  #bar = h("progress", { max: 1, "aria-label": "Progress" });
  #words = h("p", { class: "small number" });
  #said = h("p", { class: "unseen", "aria-live": "polite" });
  element = h("section", { "aria-label": "Progress", class: "card progress" }, this.#steps, this.#bar, this.#words, this.#said);
  #last = "";

  show(job) {
    this.#steps.replaceChildren(...steps(job));
    this.#bar.value = job.progress;
    this.#bar.hidden = ended(job);
    this.#words.textContent = words(job);
    this.#words.hidden = ended(job);
    this.#say(job);
  }

  #say(job) {
    const part = kind(job) === "running" ? Math.floor(job.progress / SAID) * SAID : 0;
    const now = part ? `${status(job)}, ${percent(part)}` : status(job);
    if (now !== this.#last) this.#said.textContent = now;
    this.#last = now;
  }
}

function steps(job) {
  const names = STEPS[job.options.media_type] ?? STAGES.map(([name]) => name);
  const at = names.indexOf(job.stage);
  return STAGES.filter(([name]) => names.includes(name)).map(([name, words], place) => {
    const state = stateOf(job, place, at);
    const spent = job.timings[name];
    return h("li", { dataset: { state }, "aria-current": state === "now" && "step" }, words,
      spent !== undefined && h("span", { class: "small dim number" }, ` ${spent.toFixed(1)} s`),
      h("span", { class: "unseen" }, { done: " (done)", failed: " (failed here)" }[state]));
  });
}

function stateOf(job, place, at) {
  if (job.status === "Completed" || place < at) return "done";
  if (place > at || job.status === "Pending") return "ahead";
  return { failed: "failed", cancelled: "failed" }[kind(job)] ?? "now";
}

function words(job) {
  const told = [
    status(job),
    job.queue_position && `number ${job.queue_position} in the line`,
    kind(job) === "running" && percent(job.progress),
    awaits(job) ?? (job.eta !== null && `${about(job.eta)} left`),
  ];
  return told.filter(Boolean).join(" · ");
}
