/** Who speaks how long, and their names: given once, they stand everywhere. */

import { dialog, fill, h, notice, told } from "/page/dom.js";
import { about } from "/page/format.js";
import { narrow } from "/page/watch/narrow.js";
import { change } from "/page/watch/revision.js";

const MANY = 8; // that are not shown at once

export function speakers(page, { known, may }) {
  const { main, transcript } = page;
  const rows = known?.about.speakers ?? [];
  if (!rows.length) return;
  const list = h("ul", { class: "plain" });
  const rename = (row) => told(() => renamed(page, row));
  const show = () => fill(list, rows.map((row) => line(row, may.correct && rename)));
  transcript.addEventListener("named", ({ detail: names }) => {
    for (const row of rows) row.name = names[row.speaker] ?? row.speaker;
    show();
  });
  show();
  main.querySelector(".stage").append(h("details", { class: "speakers", open: rows.length < MANY && !narrow() }, h("summary", {}, "Speakers"), list));
  if (!may.correct) return;
  transcript.root.classList.add("nameable");
  transcript.root.addEventListener("click", (event) => {
    const label = event.target.closest("p > b") && event.target.closest("p").dataset.speaker;
    const row = rows.find(({ speaker }) => speaker === label);
    if (row) rename(row);
  });
}

function line(row, rename) {
  const name = rename
    ? h("button", { type: "button", class: "quiet small", "aria-label": `Rename ${row.name}`, onclick: () => rename(row) }, row.name)
    : h("b", {}, row.name);
  return h("li", { class: "row" }, name, h("span", { class: "dim small" }, about(row.seconds)));
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
