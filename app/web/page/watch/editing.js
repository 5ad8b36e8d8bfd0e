/** Correcting a passage where it stands. */

import { fill, h } from "/page/dom.js";
import { clock } from "/page/format.js";
import { why } from "/page/refusal.js";
import { indexing } from "/page/watch/indexed.js";
import { change } from "/page/watch/revision.js";

const UNFOUND = "Saved, not yet found as corrected";
const SHOWN = 8000; // milliseconds that the good end is said

/** By the element that says something for a while. */
const fading = new WeakMap();

/** Returns what begins to correct: the passage of an event, or the one that is being said. */
export function editing(page) {
  const { transcript } = page;
  page.indexing = indexing(page.main);
  const pencil = h("button", {
    type: "button", class: "icon quiet edit", "data-icon": "edit", title: "Correct (e)",
    "aria-label": "Correct this passage", "aria-keyshortcuts": "E",
    onclick: () => begin(page, transcript.numberOf(pencil)),
  });
  const put = (number) => {
    const passage = transcript.passages[number];
    if (!passage || pencil.parentElement === passage || pencil === document.activeElement) return;
    passage.querySelector("a").after(pencil);
  };
  // what is said next must not take it from whoever is about to press it
  const putOn = () => pencil.parentElement?.matches(":hover") || put(transcript.current);
  transcript.root.addEventListener("pointerover", ({ target }) => put(transcript.numberOf(target)));
  transcript.root.addEventListener("focusin", ({ target }) => put(transcript.numberOf(target)));
  transcript.addEventListener("current", putOn);
  addEventListener("beforeunload", (event) => page.open?.changed() && event.preventDefault());
  return ({ target }) => {
    const here = transcript.numberOf(target);
    begin(page, here >= 0 ? here : Math.max(0, transcript.current));
  };
}

function begin(page, number) {
  if (page.open?.number === number) return page.open.text.focus();
  if (page.open && !page.open.leave()) return undefined;
  if (page.player.playing) page.player.toggle();
  const text = page.transcript.wordsOf(number);
  const was = text.textContent;
  const passage = page.transcript.passages[number];
  const said = state(passage);
  const row = h("small", { class: "row editing" },
    h("button", { type: "button", onclick: () => save(page) }, "Save"),
    h("button", { type: "button", class: "quiet", onclick: () => close(page, mine, mine.was) }, "Leave as it was"),
    h("span", { class: "dim hint-keys" }, "Enter saves, Esc leaves"));
  open(text, page.transcript.startOf(number));
  passage.append(row);
  const changed = () => plain(text) !== mine.was;
  // another passage is only begun when nothing is lost by it
  const leave = () => (changed() ? (text.focus(), false) : (close(page, mine, mine.was), true));
  const mine = { number, text, row, was, said, changed, leave, saving: false };
  page.open = mine;
  text.onkeydown = (event) => keyed(event, page, mine);
  text.focus();
  getSelection().selectAllChildren(text);
  getSelection().collapseToEnd();
  return undefined;
}

function keyed(event, page, mine) {
  if (event.isComposing) return;
  const act = { Enter: () => save(page), Escape: () => close(page, mine, mine.was) }[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function open(text, start) {
  writable(text);
  text.setAttribute("role", "textbox");
  text.setAttribute("aria-label", `Passage at ${clock(start)}`);
}

function writable(text) {
  try {
    text.contentEditable = "plaintext-only";
  } catch {
    text.contentEditable = "true"; // only its text is taken
  }
}

/** With these words in it, as one text. Who has gone nowhere else meanwhile is in its passage still. */
function close(page, mine, words) {
  const { text, row } = mine;
  const here = [text, ...row.querySelectorAll("button"), document.body].includes(document.activeElement);
  text.removeAttribute("contenteditable");
  text.removeAttribute("role");
  text.removeAttribute("aria-label");
  text.onkeydown = null;
  const whole = text.textContent === words && text.childNodes.length === 1;
  if (!whole || words !== mine.was) page.transcript.write(new Map([[mine.number, words]]));
  row.remove();
  if (page.open === mine) page.open = null;
  if (here) page.transcript.passages[mine.number].querySelector("a").focus({ preventScroll: true });
}

/** While it is saved nothing can be typed, and nothing left: what stands there is what is sent. */
async function save(page) {
  const mine = page.open;
  if (mine.saving) return undefined;
  if (!mine.changed()) return close(page, mine, mine.was);
  const [words, was] = [plain(mine.text), mine.was];
  hold(mine, true);
  say(mine.said, "Saving …");
  try {
    const json = { segments: [{ id: mine.number, text: words }] };
    const answer = await change(page, json, () => unseen(mine, was));
    close(page, mine, words);
    for (const each of answer.segments) page.words.correct(each);
    return answer.indexed ? found(mine.said, true) : unfound(page, mine.said);
  } catch (error) {
    hold(mine, false);
    mine.text.focus();
    say(mine.said, `Not saved: ${why(error)}`, "bad");
    return undefined;
  }
}

/** Nobody replaces what they have not read. */
function unseen(mine, was) {
  if (mine.was !== was) throw new Error(`by now it says “${mine.was}”. Save again to replace that.`);
}

function hold(mine, saving) {
  mine.saving = saving;
  if (saving) mine.text.contentEditable = "false";
  else writable(mine.text);
  for (const button of mine.row.querySelectorAll("button")) button.disabled = saving;
}

function unfound(page, said) {
  say(said, UNFOUND);
  // unless it was corrected once more meanwhile, and says how that went
  page.indexing((indexed) => said.textContent === UNFOUND && found(said, indexed));
}

function found(said, indexed) {
  say(said, indexed ? "Saved, and found as corrected" : "Saved, found as corrected later", "good");
  fading.set(said, setTimeout(() => fill(said), SHOWN));
}

function state(passage) {
  return passage.querySelector("small[role=status]") ?? passage.appendChild(h("small", { role: "status" }));
}

function say(said, words, kind = "dim") {
  clearTimeout(fading.get(said));
  said.className = kind;
  fill(said, words);
}

function plain(text) {
  return text.textContent.replace(/\s+/g, " ").trim();
}
