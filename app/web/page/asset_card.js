/** One asset in the library: a picture or a sign, what is told of it, and what can be done. */

import { ask, asset as addressOf, watch } from "/page/api.js";
import { breakable } from "/page/breakable.js";
import { dialog, fill, h, notice, told } from "/page/dom.js";
import { clock } from "/page/format.js";
import { kindName, sign } from "/page/kinds.js";
import { picture, poster } from "/page/poster.js";
import { may } from "/page/session.js";
import { sureToDelete } from "/page/sure.js";
import { when } from "/page/when.js";

/**
 * @param {any} asset as the API lists it
 * @param {{changed: (asset: any) => void, removed: () => void}} then
 */
export function card(asset, then) {
  const href = pageOf(asset);
  return h(
    "li",
    { class: "asset card", dataset: { step: "", kind: asset.media_type, asset: asset.asset_id } },
    cover(asset, h("a", { href, class: "cover", tabindex: -1, "aria-hidden": "true" })),
    h("h2", {}, h("a", { href }, breakable(asset.title))),
    labels(asset),
    h("p", { class: "row small dim" }, kind(asset), when(asset.created_at), state(asset)),
    h("p", { class: "row small acts" }, acts(asset, then)),
  );
}

/** Where it is read here, whatever page of its own it has. */
function pageOf({ asset_id: id, parent_id: parent, at }) {
  return parent && at !== null ? `${watch(parent)}?t=${at}` : watch(id);
}

function cover({ asset_id: id, thumbnail, media_type: kind }, place) {
  fill(place, thumbnail ? picture(thumbnail) : sign(kind));
  return kind === "video" && !thumbnail ? poster(id, place) : place;
}

function labels({ labels: names }) {
  const tags = names.map((name) => h("span", { class: "tag" }, name));
  return tags.length > 0 && h("p", { class: "row small" }, tags);
}

function kind({ media_type: kind, at }) {
  return h("span", { class: "kind" }, sign(kind), kindName(kind), at !== null && ` ${clock(at)}`);
}

/** Only where there is something to say. */
function state({ status, indexed, job_id: job }) {
  const bad = status === "Failed" || status === "Cancelled";
  if (status === "Completed") return !indexed && h("span", { class: "warn" }, "not yet searchable");
  return h("a", { href: `#/jobs/${job}`, class: bad ? "bad" : "" }, WORDS[status] ?? status);
}

const WORDS = {
  Pending: "waiting",
  MediaExtraction: "being read",
  Transcribing: "being transcribed",
  Embedding: "being indexed",
  Failed: "failed",
  Cancelled: "cancelled",
};

function acts(asset, then) {
  const act = (name, kind, work) => {
    const onclick = () => told(() => work(asset, then));
    return h("button", { class: kind, "aria-label": `${name} ${asset.title}`, onclick }, name);
  };
  return [
    may("ingest") && act("Edit", "quiet", edit),
    may("admin") && act("Delete", "quiet remove", remove),
  ];
}

async function edit(asset, { changed }) {
  const title = h("input", { name: "title", value: asset.title, required: true, maxlength: 200 });
  const labels = h("input", { name: "labels", value: asset.labels.join(", "), placeholder: "a, b" });
  const given = await dialog("Title and labels", [
    h("label", {}, "Title", title),
    h("label", {}, "Labels, with commas between them", labels),
  ]);
  if (given === null) return;
  const json = { title: given.title, labels: listed(given.labels) };
  changed(await ask(addressOf(asset.asset_id), { method: "PATCH", json }));
  notice("Saved");
}

const listed = (text) => text.split(",").map((each) => each.trim()).filter(Boolean);

async function remove(asset, { removed }) {
  if (!(await sureToDelete(asset.title, "All that is known of it goes too: its jobs, files and moments."))) return;
  await ask(addressOf(asset.asset_id), { method: "DELETE" });
  removed();
  notice("Deleted");
}
