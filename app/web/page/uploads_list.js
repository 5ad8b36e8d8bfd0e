/** The files on their way, as they are seen. Of a thousand only the first are drawn. */

import { fill, h } from "/page/dom.js";
import { about, bytes, percent } from "/page/format.js";
import { why } from "/page/refusal.js";
import { Rows } from "/page/rows.js";
import { forget, unfinished } from "/page/tus.js";
import { cancel, cancelAll, items, pause, pauseAll, progress, resume, resumeAll } from "/page/uploads.js";

const DRAWN = 12;
const ORDER = { sending: 0, paused: 0, refused: 1, waiting: 2 };
/** What the service says of the file itself: it would say it again. */
const FINAL = [413, 415, 422];

export function uploadsList(signal) {
  const sum = h("div", { class: "row" });
  const rows = h("ul", { class: "uploads" });
  const more = h("p", { class: "dim small" });
  const box = h("section", { "aria-label": "Uploads", class: "card", hidden: true }, sum, rows, more);
  const drawn = new Rows(rows, (item) => item, made);
  const whole = total(sum);
  const draw = () => {
    const under = items();
    box.hidden = !under.length;
    whole(under);
    const first = under.sort((one, other) => ORDER[one.state] - ORDER[other.state]).slice(0, DRAWN);
    drawn.show(first);
    first.forEach((item) => drawn.update(item));
    more.hidden = under.length <= DRAWN;
    more.textContent = `and ${(under.length - first.length).toLocaleString("en")} more`;
  };
  addEventListener("uploads", draw, { signal });
  draw();
  return [box, again(signal)];
}

/** All of them together. */
function total(place) {
  const words = h("p", { class: "grow number" });
  const bar = h("progress", { max: 1, "aria-label": "All uploads" });
  const hold = h("button", { type: "button", class: "quiet small" });
  const drop = h("button", { type: "button", class: "quiet small", onclick: cancelAll }, "Cancel all");
  let going = true;
  hold.addEventListener("click", () => (going ? pauseAll() : resumeAll()));
  fill(place, words, hold, drop, bar);
  return (under) => {
    const { count, done, bytes: size, sent, rate, left } = progress();
    going = under.some(({ state }) => ["sending", "waiting"].includes(state));
    hold.textContent = going ? "Pause all" : "Resume all";
    hold.hidden = !going && !under.some(({ state }) => state === "paused");
    bar.value = size ? sent / size : 0;
    bar.hidden = !under.some(({ state }) => state !== "refused");
    drop.textContent = bar.hidden ? "Dismiss all" : "Cancel all";
    const speed = rate > 0 && [`${bytes(rate)}/s`, `${about(left)} left`];
    words.textContent = [`${done.toLocaleString("en")} of ${count.toLocaleString("en")} sent`, !bar.hidden && percent(bar.value), speed]
      .flat().filter(Boolean).join(" · ");
  };
}

function made(item) {
  const name = item.file.name;
  const bar = h("progress", { max: 1, value: 0, "aria-label": name });
  const said = h("p", { class: "small dim number" });
  const hold = h("button", { type: "button", class: "quiet small" });
  const drop = h("button", { type: "button", class: "quiet small", onclick: () => cancel(item) });
  hold.addEventListener("click", () => (stops(item) ? pause(item) : resume(item)));
  const what = h("div", { class: "grow" }, h("p", { class: "clip", title: name }, name), bar, said);
  const element = h("li", { class: "row" }, what, h("div", { class: "row" }, hold, drop));
  const update = () => {
    element.dataset.state = item.state;
    bar.value = item.file.size ? item.sent / item.file.size : 0;
    bar.hidden = !item.sent && ["refused", "waiting"].includes(item.state);
    hold.hidden = item.state === "waiting" || FINAL.includes(item.error?.status);
    said.classList.toggle("bad", item.error !== null);
    said.textContent = words(item);
    label(hold, stops(item) ? "Pause" : item.state === "refused" ? "Try again" : "Resume", name);
    label(drop, item.state === "refused" ? "Dismiss" : "Cancel", name);
  };
  update();
  return { element, update };
}

function stops(item) {
  return ["sending", "waiting"].includes(item.state);
}

function label(button, deed, name) {
  if (button.textContent === deed) return;
  button.textContent = deed;
  button.setAttribute("aria-label", `${deed} ${name}`);
}

function words({ file, sent, rate, state, error, resumed }) {
  if (error) return why(error);
  const size = sent ? `${bytes(sent)} of ${bytes(file.size)}` : bytes(file.size);
  if (state !== "sending") return `${size} · ${state}`;
  const speed = rate > 0 && [`${bytes(rate)}/s`, `${about((file.size - sent) / rate)} left`];
  return [size, speed, resumed && "went on where it was"].flat().filter(Boolean).join(" · ");
}

/** What an earlier visit left: only whoever has the file can go on. */
function again(signal) {
  const box = h("div", { class: "left" });
  const draw = () => {
    const busy = new Set(items().map(({ file }) => file.name));
    fill(box, unfinished().filter(({ filename }) => !busy.has(filename)).slice(0, 5).map(({ key, filename, size }) => {
      const drop = h("button", { type: "button", class: "quiet small", "aria-label": `Forget ${filename}` }, "Forget");
      drop.addEventListener("click", () => forget(key).then(draw));
      const said = `${filename} (${bytes(size)}) was not sent to its end. Choose it again, and it goes on where it was.`;
      return h("p", { class: "row small" }, h("span", { class: "grow" }, said), drop);
    }));
  };
  draw();
  let count = items().length;
  addEventListener("uploads", () => {
    if (count !== (count = items().length) && box.childElementCount) draw();
  }, { signal });
  return box;
}
