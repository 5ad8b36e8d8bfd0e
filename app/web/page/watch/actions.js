/** What can be done with the whole of it: told anew, shared, deleted. */

import { ask, asset } from "/page/api.js";
import { dialog, fill, h, notice, told } from "/page/dom.js";
import { shares } from "/page/watch/shares.js";

export function actions(main, may) {
  const buttons = [
    may.correct && button("Edit details", () => told(() => details(main))),
    may.share && main.querySelector("#transcript") && button("Share", () => told(() => shares(main))),
    may.delete && button("Delete", () => told(() => remove(main)), "danger"),
  ];
  if (buttons.some(Boolean)) main.querySelector(".about").append(h("p", { class: "row actions" }, buttons));
}

function button(label, onclick, kind = "quiet") {
  return h("button", { type: "button", class: `${kind} small`, onclick }, label);
}

async function details(main) {
  const now = await ask(asset(main.dataset.asset));
  const given = await dialog("Details", [
    h("label", {}, "Title", h("input", { name: "title", value: now.title, required: true, maxlength: 200, autofocus: true })),
    h("label", {}, "Description", h("textarea", { name: "description", rows: 4, maxlength: 10_000 }, now.description)),
    h("label", {}, "Labels, with commas between them", h("input", { name: "labels", value: now.labels.join(", ") })),
  ]);
  if (!given) return;
  const json = {
    title: given.title.trim(),
    description: given.description.replaceAll("\r\n", "\n").trim(),
    labels: [...new Set(given.labels.split(",").map((each) => each.trim()).filter(Boolean))],
  };
  show(main, await ask(asset(main.dataset.asset), { method: "PATCH", json }));
}

function show(main, { title, description, labels, indexed, revision }) {
  main.dataset.title = title;
  main.dataset.revision = revision;
  document.title = `${title} · Spool`;
  main.querySelector("h1").textContent = title;
  main.querySelector(".description").textContent = description;
  fill(main.querySelector(".labels"), labels.map(tag));
  notice(indexed ? "Saved." : "Saved. It is found as it is now in a moment.");
}

function tag(word) {
  return h("li", {}, h("a", { class: "tag", href: `/#/search?${new URLSearchParams({ q: word })}` }, word));
}

async function remove(main) {
  const words = "With its transcript, its files, its pictures and all that is found of it. This cannot be undone.";
  const sure = await dialog(`Delete “${main.dataset.title}”?`, h("p", {}, words), { action: "Delete for good" });
  if (!sure) return;
  await ask(asset(main.dataset.asset), { method: "DELETE" });
  location.assign("/#/library");
}
