/** Who speaks how long, and their names: given once, they stand everywhere. */

import { dialog, h, notice, told } from "/page/dom.js";
import { about } from "/page/format.js";
import { may } from "/page/session.js";
import { narrow } from "/page/watch/narrow.js";
import { change } from "/page/watch/revision.js";

const MANY = 8; // that are not shown at once

export function speakers(page, known) {
  const { main, transcript } = page;
  const rows = known?.about.speakers ?? [];
  if (!rows.length) return;
  const rename = (row) => told(() => renamed(page, row));
  const called = rows.map((row) => (may("ingest") ? button(row, rename) : h("b")));
  const show = () => rows.forEach((row, number) => call(called[number], row));
  transcript.addEventListener("named", ({ detail: names }) => {
    for (const row of rows) row.name = names[row.speaker] ?? row.speaker;
    show();
  });
  show();
  const list = h("ul", { class: "plain" }, rows.map((row, number) => line(called[number], row)));
  main.querySelector(".stage").append(h("details", { class: "speakers", open: rows.length < MANY && !narrow() }, h("summary", {}, "Speakers"), list));
  if (!may("ingest")) return;
  transcript.root.classList.add("nameable");
  transcript.root.addEventListener("click", (event) => {
    const label = event.target.closest("p > b") && event.target.closest("p").dataset.speaker;
    const row = rows.find(({ speaker }) => speaker === label);
    if (row) rename(row);
  });
}

function button(row, rename) {
  return h("button", { type: "button", class: "quiet small", onclick: () => rename(row) });
}

/** In the same element: the focus comes back to it from the dialog. */
function call(element, { name }) {
  element.textContent = name;
  if (element.localName === "button") element.setAttribute("aria-label", `Rename ${name}`);
}

function line(called, { seconds }) {
  return h("li", { class: "row" }, called, h("span", { class: "dim small" }, about(seconds)));
}

async function renamed(page, row) {
  const field = h("input", { name: "name", value: row.name, required: true, maxlength: 200, autofocus: true });
  field.addEventListener("focus", () => field.select());
  const given = await dialog(`Who is ${row.name}?`, h("label", {}, "Name, everywhere in this transcript", field));
  const name = given?.name.trim();
  if (!name || name === row.name) return;
  const json = { speakers: { [row.speaker]: name } };
  page.transcript.name((await change(page, json)).speakers);
  notice(`${name} is named everywhere.`);
}
