/** The sound as a picture, and the place in it: to see, to click, to drag, and for the keyboard. */

import { h } from "/page/dom.js";
import { clock } from "/page/format.js";
import { peaks } from "/page/watch/peaks.js";

const BAR = 3; // CSS pixels, the gap with it
const STEPS = new Map([
  ["ArrowLeft", -5], ["ArrowDown", -5], ["ArrowRight", 5], ["ArrowUp", 5], ["PageUp", 60], ["PageDown", -60],
]);

export async function waveform(box, player, { chapters, transcript }) {
  if (!player.duration && !player.media) return;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const hint = h("span", { class: "hint number", "aria-hidden": "true", hidden: true });
  const slider = h("div", {
    class: "wave", role: "slider", tabindex: 0, "aria-label": "Position", "aria-valuemin": 0,
  }, canvas, hint);
  box.append(slider);
  const picture = new Picture(canvas, chapters);
  const show = () => {
    tell(slider, player);
    picture.show(player.time / player.duration || 0);
  };
  for (const name of ["time", "state"]) player.addEventListener(name, show);
  byPointer(slider, player, hint, chapters);
  byKeys(slider, player);
  show();
  picture.bars = await peaks(box.dataset.waveform, transcript);
  const lay = () => picture.lay(player);
  new ResizeObserver(lay).observe(slider);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", lay);
  player.media?.addEventListener("durationchange", lay);
}

/** Two pictures, drawn once: as it was played, and as it is to come; each moment shows parts. */
class Picture {
  #layers = [];
  #share = 0;
  #drawn = -1;

  constructor(canvas, chapters) {
    Object.assign(this, { canvas, chapters, bars: null });
  }

  lay(player) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!this.bars || !width || !player.duration) return;
    Object.assign(this.canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
    const bars = this.bars(Math.floor(width / BAR), player.duration);
    const places = this.chapters.map(({ start }) => (start / player.duration) * width);
    const style = getComputedStyle(this.canvas);
    const colours = [style.color, style.textDecorationColor];
    this.#layers = colours.map((colour) => layer(this.canvas, { bars, places, colour, height }));
    this.#drawn = -1;
    this.show(this.#share);
  }

  show(share) {
    this.#share = share;
    const { width, height } = this.canvas;
    const place = Math.round(share * width);
    if (place === this.#drawn || !this.#layers.length) return;
    this.#drawn = place;
    const paper = this.canvas.getContext("2d");
    paper.clearRect(0, 0, width, height);
    const [played, coming] = this.#layers;
    if (place > 0) paper.drawImage(played, 0, 0, place, height, 0, 0, place, height);
    if (place < width) paper.drawImage(coming, place, 0, width - place, height, place, 0, width - place, height);
    paper.fillStyle = getComputedStyle(this.canvas).color;
    paper.fillRect(Math.min(place, width - 2), 0, 2, height);
  }
}

function layer({ width, height: tall }, { bars, places, colour, height }) {
  const made = Object.assign(document.createElement("canvas"), { width, height: tall });
  const paper = made.getContext("2d");
  paper.scale(devicePixelRatio, devicePixelRatio);
  paper.fillStyle = colour;
  bars.forEach((loud, number) => {
    const size = Math.max(2, loud * (height - 6));
    paper.fillRect(number * BAR, (height - size) / 2, BAR - 1, size);
  });
  for (const place of places) {
    paper.fillRect(place, 0, 1, height);
    paper.fillRect(place - 2, 0, 5, 3);
  }
  return made;
}

/** Where it is, for those who listen; how long it is may be known later than that. */
function tell(slider, player) {
  const [now, all] = [player.time, player.duration].map(Math.floor);
  const words = `${clock(now)} of ${clock(all)}`;
  if (slider.getAttribute("aria-valuetext") === words) return;
  slider.setAttribute("aria-valuemax", Math.max(now, all));
  slider.setAttribute("aria-valuenow", now);
  slider.setAttribute("aria-valuetext", words);
}

function byPointer(slider, player, hint, chapters) {
  const at = (event) => {
    const box = slider.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * player.duration;
  };
  slider.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    slider.setPointerCapture(event.pointerId);
    player.seek(at(event));
  });
  slider.addEventListener("pointermove", (event) => {
    if (slider.hasPointerCapture(event.pointerId)) player.seek(at(event));
    point(slider, hint, at(event), { chapters, x: event.clientX });
  });
  slider.addEventListener("pointerleave", () => (hint.hidden = true));
}

/** The time under the pointer, and its chapter. */
function point(slider, hint, seconds, { chapters, x }) {
  const chapter = chapters.findLast(({ start }) => start <= seconds);
  hint.textContent = chapter ? `${clock(seconds)} · ${chapter.title}` : clock(seconds);
  hint.hidden = false;
  const box = slider.getBoundingClientRect();
  const left = Math.min(box.width - hint.offsetWidth, Math.max(0, x - box.left - hint.offsetWidth / 2));
  hint.style.left = `${left}px`;
}

function byKeys(slider, player) {
  slider.addEventListener("keydown", (event) => {
    const ends = { Home: 0, End: player.duration };
    const to = ends[event.key] ?? (STEPS.has(event.key) ? player.time + STEPS.get(event.key) : null);
    if (to === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    player.seek(to);
  });
}
