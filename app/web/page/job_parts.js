/** The still parts of a job's page. */

import { raw, watch } from "/page/api.js";
import { attempts } from "/page/attempts.js";
import { h, told } from "/page/dom.js";
import { clock, moment } from "/page/format.js";
import { buttons } from "/page/job_deeds.js";
import { ended, hopeless, kind, source, spoken, status } from "/page/job_words.js";
import { when } from "/page/when.js";

const FORMATS = {
  txt: "Text", srt: "SubRip subtitles", vtt: "WebVTT subtitles", json: "All of it as JSON",
  tsv: "Table, milliseconds", lrc: "Lyrics",
};
const STAGES = { media_extraction: "extraction", transcribing: "transcription", embedding: "embedding" };

export function head(job) {
  const told = [
    source(job), job.duration !== null && clock(job.duration),
    job.model && `${job.model} (${job.provider})`,
  ];
  return [
    h("p", { class: "row" }, h("a", { href: "/#/" }, "Jobs"), h("span", { class: "tag", dataset: { kind: kind(job) } }, status(job))),
    h("h1", { tabindex: -1 }, job.title),
    h("p", { class: "dim small facts" }, told.filter(Boolean).map((words) => h("span", {}, words)), when(job.created_at)),
    h("p", { class: "row" }, opened(job), buttons(job, "")),
    trouble(job),
    job.warnings.map(({ code, message }) => h("p", { class: "warn small" }, message, h("code", { class: "dim" }, ` ${code}`))),
  ];
}

function opened(job) {
  if (job.status !== "Completed") return null;
  return h("a", { class: "button", href: watch(job.asset_id) }, spoken(job) ? "Open the transcript" : "Open it");
}

/** Whoever cancelled it knows that. */
function trouble(job) {
  const { status: now, error, dead_letter: dead, history } = job;
  if (!error || now === "Cancelled") return null;
  const lines = history.at(-1)?.last_lines;
  return h("div", { class: "card trouble", role: "group", "aria-label": "What went wrong" },
    h("p", {}, h("b", { class: "bad" }, error.message ?? error.code)),
    h("p", { class: "small dim" }, h("code", {}, error.code), error.hint && ` ${error.hint}`),
    hopeless(job) && h("p", { class: "small" }, "It is the medium: another try would end the same way."),
    dead && h("p", { class: "small" }, "All its retries are used up; it waits among the ", h("a", { href: "/#/dead-letters" }, "dead letters"), "."),
    lines && h("pre", { class: "small" }, lines));
}

/** By script, for the name that the file gets; the addresses do as well. */
export function downloads(job) {
  if (job.status !== "Completed") return null;
  const formats = Object.entries(FORMATS).filter(([name]) => spoken(job) || ["txt", "json"].includes(name));
  const links = formats.map(([format, words]) => h("a", {
    class: "button quiet", href: `${job.result_url}?format=${format}`, title: words,
    "aria-label": `Download ${format}: ${words}`, onclick: (event) => told(() => save(event, job, format)),
  }, format));
  return h("section", { "aria-label": "Downloads" }, h("h2", {}, "Downloads"), h("p", { class: "row" }, links));
}

async function save(event, { result_url: place, title }, format) {
  event.preventDefault();
  const answer = await raw(`${place}?format=${format}`);
  const href = URL.createObjectURL(await answer.blob());
  h("a", { href, download: `${title.replace(/\.\w{2,5}$/, "")}.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

export function facts(job) {
  const { labels, ...given } = job.options;
  const rows = [
    ...Object.entries(given).map(([name, value]) => [name.replaceAll("_", " "), String(value)]),
    labels?.length && ["labels", labels.join(", ")],
    ["asset", job.asset_id],
    ["job", job.job_id],
    ["taken in", moment(job.created_at)],
    ended(job) && ["ended", moment(job.finished_at)],
    ...Object.entries(job.timings).map(([stage, seconds]) => [STAGES[stage], `${seconds.toFixed(2)} s`]),
  ].filter(Boolean);
  return h("details", {}, h("summary", {}, "Options and times"),
    h("dl", { class: "facts-list" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

export function tries({ history }) {
  if (!history.length) return null;
  const failed = history.some(({ error_code: code }) => code !== null);
  return h("details", { open: failed && history.length > 1 },
    h("summary", {}, history.length === 1 ? "One attempt" : `${history.length} attempts`),
    attempts(history));
}
