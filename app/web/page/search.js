/** One search over everything; what is asked for stands in the address. */

import { ask, query } from "/page/api.js";
import { fill, h, told } from "/page/dom.js";
import { hit } from "/page/hits.js";
import { keys, scrolls, step } from "/page/keys.js";
import { why } from "/page/refusal.js";
import { addressOf, searchForm } from "/page/search_form.js";
import { bytesOf, pictureOf } from "/page/search_picture.js";
import { beginning, nothing } from "/page/search_empty.js";

export const title = "Search";

export function show(main, { parameters, signal }) {
  const state = h("p", { class: "dim small", role: "status" });
  const found = h("section", { class: "found", "aria-label": "What is found" });
  const { form, box, wanted } = searchForm(Object.fromEntries(parameters), { signal, changed });
  let asking = new AbortController();
  /** Whether the address was made by typing: what is typed next takes its place. */
  let provisional = false;
  fill(main, h("h1", { class: "unseen" }, "Search"), form, state, found);
  const through = {
    ArrowDown: (event) => !scrolls(event) && step(1, box),
    ArrowUp: (event) => !scrolls(event) && step(-1, box),
  };
  keys([["↓, ↑", "From the box through what is found, and back", through]], signal);
  signal.addEventListener("abort", () => asking.abort());
  if (!parameters.get("q")) box.focus();
  seek();

  function changed({ typing }) {
    const address = addressOf(wanted());
    if (address !== location.hash) {
      history[typing && provisional ? "replaceState" : "pushState"](null, "", address);
    }
    provisional = typing;
    seek();
  }
  function seek() {
    asking.abort();
    asking = new AbortController();
    return search(wanted(), { state, found, signal: asking.signal });
  }
}

const LOST = "That picture is no longer here: choose it again";

async function search(wanted, { state, found, signal }) {
  document.title = wanted.q ? `${wanted.q} · Spool` : `${title} · Spool`;
  const picture = pictureOf(wanted);
  if (!wanted.q && (!picture || picture.lost)) {
    state.textContent = "";
    return fill(found, picture && note(LOST), beginning());
  }
  found.setAttribute("aria-busy", "true");
  if (!found.querySelector(".hits")) state.textContent = "Searching";
  try {
    const answer = await page(wanted, null, signal);
    if (!answer.hits.length) return fill(found, notes(answer), nothing(wanted));
    const list = h("ol", { class: "hits" });
    fill(found, notes(answer), list);
    const add = (next) => (list.append(...next.hits.map((each) => hit(each, wanted))), next.cursor);
    goOn(found, add(answer), (cursor) => page(wanted, cursor, signal).then(add), count);
    count();
  } catch (error) {
    if (error.name !== "AbortError") fill(found, refused(error));
  } finally {
    if (!signal.aborted) found.removeAttribute("aria-busy");
    if (!signal.aborted && !found.querySelector(".hits")) state.textContent = "";
  }

  function count() {
    const hits = found.querySelectorAll(".hit").length;
    const more = found.querySelector(".next-page") ? " so far" : "";
    state.textContent = `${hits} ${hits === 1 ? "hit" : "hits"}${more}`;
  }
}

/** Why less was searched than was asked for. */
const notes = ({ notice }) => notice && note(notice);

const note = (text) => h("p", { class: "card warn note", role: "note" }, text);

function refused(error) {
  return h("p", { class: "empty bad", role: "alert" }, why(error));
}

/** A button for the next page, while there is one; the first new hit gets the focus. */
function goOn(found, cursor, next, after) {
  if (!cursor) return;
  const button = h("button", { class: "quiet next-page", onclick: follow }, "More");
  found.append(button);

  function follow() {
    button.disabled = true;
    return told(async () => {
      const shown = found.querySelectorAll(".hit-link").length;
      const following = await next(cursor).finally(() => (button.disabled = false));
      button.remove();
      goOn(found, following, next, after);
      after();
      found.querySelectorAll(".hit-link")[shown]?.focus();
    });
  }
}

async function page(wanted, cursor, signal) {
  const terms = { ...asked(wanted), cursor };
  const picture = await bytesOf(wanted, signal);
  if (!picture) return ask(`/api/v1/search${query(terms)}`, { signal });
  const body = new FormData();
  for (const [name, value] of new URLSearchParams(query(terms))) body.append(name, value);
  body.append("image", picture, "picture");
  return ask("/api/v1/search", { method: "POST", body, signal });
}

/** In the words of the API; within one medium each moment is a hit. */
function asked({ q, mode, media_type, labels, asset_id, from, to }) {
  const group = asset_id ? "false" : null;
  const day = (date, time) => date && new Date(`${date}T${time}`).toISOString();
  return {
    q, mode, media_type, labels, asset_id, group,
    from: day(from, "00:00:00"), to: day(to, "23:59:59.999"),
  };
}
