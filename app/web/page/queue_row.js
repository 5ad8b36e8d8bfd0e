/** One job in the list: made once, then only changed. */

import { h, refill } from "/page/dom.js";
import { about, ago, clock, percent } from "/page/format.js";
import { buttons } from "/page/job_deeds.js";
import { deeds, ended, kind, named, opened, page, source, status } from "/page/job_words.js";
import { awaits } from "/page/loading.js";

/** `{element, update(job)}`. */
export function row(first) {
  const tag = h("span", { class: "tag" });
  const title = h("a", { class: "title clip" });
  const bar = h("progress", { max: 1 });
  const said = h("p", { class: "small dim clip number" });
  const wrong = h("p", { class: "small bad wrong" });
  const more = h("a", { class: "button quiet small" }, "Details");
  const does = h("div", { class: "deeds row" });
  const element = h("li", { class: "job", dataset: { step: "", job: first.job_id } },
    tag, h("div", { class: "what" }, title, bar, said, wrong), does);
  let [seen, can] = ["", ""];

  function update(job) {
    words(said, job);
    const now = [job.updated_at, job.status, job.progress, named(job)].join();
    if (now === seen) return;
    seen = now;
    element.dataset.kind = kind(job);
    text(tag, status(job));
    text(title, named(job));
    title.href = opened(job);
    more.href = page(job);
    more.hidden = title.getAttribute("href") === page(job);
    more.setAttribute("aria-label", `Details of ${named(job)}`);
    moves(bar, job);
    wrong.hidden = job.status !== "Failed";
    text(wrong, job.error?.message ?? job.error?.code ?? "");
    const may = deeds(job).join();
    if (may !== can) refill(does, [more, buttons(job)], "a:not([hidden]), button");
    can = may;
  }

  update(first);
  return { element, update };
}

function moves(bar, job) {
  bar.hidden = kind(job) !== "running";
  bar.value = job.progress;
  bar.setAttribute("aria-label", `Progress of ${job.title}`);
}

/** Also what changes by itself: its age. */
function words(place, job) {
  const told = [
    kind(job) === "running" && percent(job.progress),
    awaits(job) ?? (!ended(job) && job.eta !== null && `${about(job.eta)} left`),
    job.queue_position && `number ${job.queue_position} in the line`,
    job.duration !== null && clock(job.duration),
    source(job),
    ago(job.created_at),
    job.warnings.length > 0 && (job.warnings.length === 1 ? job.warnings[0].message : `${job.warnings.length} warnings`),
  ];
  text(place, told.filter(Boolean).join(" · "));
}

function text(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
