/** Jobs that used up their retries, and wait for somebody to look at them. */

import { ask, query } from "/page/api.js";
import { fill, h, notice, told } from "/page/dom.js";
import { attempts } from "/page/attempts.js";
import { breakable } from "/page/breakable.js";
import { done } from "/page/job_deeds.js";
import { page } from "/page/job_words.js";
import { countLetters } from "/page/letters.js";
import { may } from "/page/session.js";
import { when } from "/page/when.js";

export const title = "Dead letters";

const LETTERS = "/api/v1/dead-letters";

export async function show(main, { signal }) {
  const list = h("ul", { class: "letters", "aria-label": title });
  const all = h("button", { onclick: () => told(() => replayAll(list, more)) }, "Replay all");
  const head = h("h1", { class: "grow" }, title);
  const more = h("p", { class: "row" });
  fill(
    main,
    h("div", { class: "row letters-head" }, head, may("ingest") && all),
    h("p", { class: "dim" }, ABOUT),
    list,
    more,
  );
  await add(null);

  async function add(cursor) {
    const some = await ask(`${LETTERS}${query({ cursor })}`, { signal });
    const items = some.jobs.map(letter);
    list.append(...items);
    const next = ({ currentTarget: button }) => told(() => follow(button, some.cursor));
    fill(more, some.cursor && h("button", { class: "quiet", onclick: next }, "More"));
    settle(list);
    return items;
  }
  /** The first new one gets the focus. */
  async function follow(button, cursor) {
    button.disabled = true;
    const [first] = await add(cursor).finally(() => (button.disabled = false));
    first?.querySelector("a")?.focus();
  }
}

const ABOUT =
  "Jobs that failed again and again wait here. Look at what went wrong, mend it, and replay " +
  "them; what was finished is not computed again.";

function letter(job) {
  const item = h("li", { class: "letter card", dataset: { step: "", job: job.job_id } });
  const act = (name, kind, work) => {
    const onclick = () => told(() => work(job, item));
    return h("button", { class: kind, "aria-label": `${name} ${job.title}`, onclick }, name);
  };
  return fill(
    item,
    h("h2", {}, h("a", { href: page(job) }, breakable(job.title))),
    h("p", {}, h("code", { class: "tag bad" }, job.error.code), " ", job.error.message),
    h("p", { class: "row small dim" }, facts(job)),
    h("details", {}, h("summary", {}, "What happened"), attempts(job.history)),
    h(
      "p",
      { class: "row" },
      may("ingest") && act("Replay", "", replay),
      may("admin") && act("Delete", "danger", remove),
    ),
  );
}

function facts(job) {
  const times = job.attempts === 1 ? "1 attempt" : `${job.attempts} attempts`;
  const ended = when(job.finished_at ?? job.updated_at);
  const from = `${job.source.kind}: ${job.source.name}`;
  return [h("span", {}, times), ended, h("span", { class: "clip" }, from)];
}

async function replay({ job_id: id, title: name }, item) {
  await ask(`${LETTERS}/${encodeURIComponent(id)}/replay`, { method: "POST" });
  gone(item);
  notice(`${name} is on its way again`);
}

async function remove(job, item) {
  if ((await done("delete", job)) === undefined) return;
  gone(item);
  notice("Deleted");
}

async function replayAll(list, more) {
  const { replayed } = await ask(`${LETTERS}/replay`, { method: "POST" });
  for (const id of replayed) list.querySelector(`[data-job="${CSS.escape(id)}"]`)?.remove();
  fill(more);
  settle(list);
  countLetters();
  notice(`On their way again: ${replayed.length}`);
}

/** The focus goes on to what stands in its place. */
function gone(item) {
  const list = item.parentElement;
  const next = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  next?.querySelector("a, button")?.focus();
  if (list) settle(list);
  countLetters();
}

/** Says so where none is left. */
function settle(list) {
  const left = list.querySelector(".letter") !== null;
  list.parentElement?.querySelector(".letters-head button")?.toggleAttribute("disabled", !left);
  list.querySelector(".empty")?.remove();
  if (!left) list.append(none());
}

function none() {
  const failed = h("a", { href: "#/?status=failed" }, "failed jobs");
  const others = h("p", {}, "What no other try would mend, such as media that cannot be read, stands among the ", failed, ".");
  return h("li", { class: "empty" }, h("p", {}, "No dead letters: nothing waits to be replayed."), others);
}
