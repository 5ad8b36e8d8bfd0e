/** What can be done with the whole of it: told anew, shared, deleted. */

import { ask, asset } from "/page/api.js";
import { dialog, h, notice, told } from "/page/dom.js";
import { may } from "/page/session.js";
import { sureToDelete } from "/page/sure.js";
import { change } from "/page/watch/revision.js";
import { shares } from "/page/watch/shares.js";

export function actions(page) {
  const { main } = page;
  const buttons = [
    may("ingest") && button("Edit details", () => told(() => details(page))),
    may("ingest") && main.querySelector("#transcript") && button("Share", () => told(() => shares(main))),
    may("admin") && button("Delete", () => told(() => remove(main)), "danger"),
  ];
  if (buttons.some(Boolean)) main.querySelector(".about").append(h("p", { class: "row actions" }, buttons));
}

function button(label, onclick, kind = "quiet") {
  return h("button", { type: "button", class: `${kind} small`, onclick }, label);
}

async function details(page) {
  const now = await ask(asset(page.main.dataset.asset));
  const given = await dialog("Details", [
    h("label", {}, "Title", h("input", { name: "title", value: now.title, required: true, maxlength: 200, autofocus: true })),
    h("label", {}, "Description", h("textarea", { name: "description", rows: 4, maxlength: 10_000 }, now.description)),
    h("label", {}, "Labels, with commas between them", h("input", { name: "labels", value: now.labels.join(", ") })),
  ]);
  const json = given && changed(now, given);
  if (!json || !Object.keys(json).length) return;
  const { indexed } = await change(page, json);
  notice(indexed ? "Saved." : "Saved. It is found as it is now in a moment.");
}

/** The rest may be another's work by now. */
function changed(now, given) {
  const wanted = {
    title: given.title.trim(),
    description: given.description.replaceAll("\r\n", "\n").trim(),
    labels: [...new Set(given.labels.split(",").map((each) => each.trim()).filter(Boolean))],
  };
  const others = Object.entries(wanted).filter(([name, value]) => String(value) !== String(now[name]));
  return Object.fromEntries(others);
}

async function remove(main) {
  const goes = "With its transcript, its files, its pictures and all that is found of it.";
  if (!(await sureToDelete(main.dataset.title, goes))) return;
  await ask(asset(main.dataset.asset), { method: "DELETE" });
  location.assign("/#/library");
}
