/** How it was heard, what was odd about it, and what was heard twice: folded away. */

import { h } from "/page/dom.js";
import { clock } from "/page/format.js";

export function facts(main, about) {
  if (!about) return;
  const { provider, model, language_detection: heard, warnings = [], repairs = [] } = about;
  const engine = [provider, model].filter(Boolean).join(" · ");
  const sure = heard && `${heard.language}, ${Math.round(heard.confidence * 100)} % sure`;
  const title = warnings.length ? `About this transcript (${count(warnings.length, "warning")})` : "About this transcript";
  main.querySelector(".stage").append(
    h("details", { class: "facts" },
      h("summary", {}, title),
      list(warnings, ({ message, code }) => [h("span", { class: "warn" }, message), " ", h("code", { class: "small" }, code)]),
      h("dl", {}, told("Heard by", engine), told("Language", sure)),
      repairs.length > 0 && h("p", { class: "small" }, `${count(repairs.length, "stretch", "stretches")} heard again:`),
      list(repairs, ({ start, end, reason, way }) => [moment(start), "–", h("time", {}, clock(end)), ` ${words(reason)}, ${way === "none" ? "nothing helped" : `helped: ${words(way)}`}`]),
    ),
  );
}

function told(name, value) {
  return value ? [h("dt", {}, name), h("dd", {}, value)] : null;
}

function list(rows, said) {
  return rows.length > 0 && h("ul", { class: "small" }, rows.map((row) => h("li", {}, said(row))));
}

function moment(start) {
  return h("a", { href: `#t=${start}` }, h("time", {}, clock(start)));
}

function words(code) {
  return code.replaceAll("_", " ");
}

function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}
