/** Who speaks how long, and their names: given once, they stand everywhere. */

import { ask, asset } from "/page/api.js";
import { dialog, fill, h, notice, told } from "/page/dom.js";
import { about } from "/page/format.js";
import { narrow } from "/page/watch/narrow.js";

const MANY = 8; // that are not shown at once

export function speakers(main, { known, transcript, may }) {
  const rows = known?.about.speakers ?? [];
  if (!rows.length) return;
  const list = h("ul", { class: "plain" });
  const rename = (row) => told(() => renamed(main, { row, transcript, show }));
  const show = () => fill(list, rows.map((row) => line(row, may.correct && rename)));
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

async function renamed(main, { row, transcript, show }) {
  const field = h("input", { name: "name", value: row.name, required: true, maxlength: 200, autofocus: true });
  field.addEventListener("focus", () => field.select());
  const given = await dialog(`Who is ${row.name}?`, h("label", {}, "Name, everywhere in this transcript", field));
  const name = given?.name.trim();
  if (!name || name === row.name) return;
  const json = { speakers: { [row.speaker]: name } };
  ({ revision: main.dataset.revision } = await ask(asset(main.dataset.asset), { method: "PATCH", json }));
  row.name = name;
  for (const passage of transcript.passages) {
    const said = passage.dataset.speaker === row.speaker && passage.querySelector("b");
    if (said) said.textContent = `${name}:`;
  }
  show();
  notice(`${name} is named everywhere.`);
}
