/** One plot: curves over the last minutes, and the same in words. */

import { fill, h } from "/page/dom.js";
import { bytes } from "/page/format.js";

const HEIGHT = 130; // pixels
const LETTER = 6.5; // pixels of one on the axis
/** What may lie between two marks: of bytes a power of two, of what is counted whole ones. */
const STEPS = {
  bytes: Array.from({ length: 50 }, (_, power) => 2 ** power),
  count: Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power)).flat(),
};
/** The least that the axis shows, so that nothing is not drawn as something. */
const LEAST = { bytes: 1024, count: 4, rate: 0.5 };
const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat([], { timeStyle: "medium", hourCycle: "h23" });

export const timeOf = (seconds) => TIME.format(seconds * 1000);

/**
 * @param {{title: string, unit: string, about: string, curves: [string, string][]}} what
 */
export class Plot {
  #uplot = null;

  constructor({ title, unit, about, curves }) {
    this.unit = unit;
    this.names = curves.map(([name]) => name);
    this.values = curves.map(() => h("dd", { class: "number" }, "–"));
    this.swatches = curves.map((_, number) => h("span", { class: `swatch curve-${number + 1}` }));
    this.canvas = h("div", { class: "canvas", "aria-hidden": "true" });
    const told = curves.map(([, text], number) =>
      h("div", {}, h("dt", {}, this.swatches[number], text), this.values[number]));
    this.element = h("figure", { class: "card plot", "aria-label": title },
      h("figcaption", {}, h("h3", {}, title), h("p", { class: "small dim" }, about)),
      h("dl", { class: "curves" }, told), this.canvas);
  }

  /** Begins to draw. `follow` gets the number of the moment that is pointed at, or null. */
  draw(uPlot, follow) {
    this.#uplot = new uPlot(this.#options(follow), [[], ...this.names.map(() => [])], this.canvas);
    return this;
  }

  /** @param {number[]} times @param {Object<string, any[]>} rows by the names of the curves */
  show(times, rows, at) {
    const curves = this.names.map((name) => rows[name]);
    const drawn = curves.map((curve) => curve.map((value) => value ?? null));
    const known = drawn.some((curve) => curve.some((value) => value !== null));
    this.canvas.hidden = !known;
    this.say(curves, at);
    if (known) this.#uplot?.setData([times, ...drawn]);
  }

  /** The values at that moment, in words. */
  say(curves, at) {
    for (const [number, curve] of curves.entries()) {
      fill(this.values[number], this.#told(curve[at]));
    }
  }

  resize() {
    const width = this.canvas.clientWidth;
    if (width && width !== this.#uplot?.width) this.#uplot?.setSize({ width, height: HEIGHT });
  }

  /** In the colours that now are. */
  redraw() {
    this.#uplot?.redraw(false);
  }

  destroy() {
    this.#uplot?.destroy();
    this.#uplot = null;
  }

  #told(value) {
    if (value === undefined) return h("span", { class: "dim" }, "not told");
    if (value === null) return h("span", { class: "dim" }, "not yet");
    return this.unit === "bytes" ? bytes(value) : NUMBER.format(value);
  }

  #options(follow) {
    return {
      width: this.canvas.clientWidth || 300,
      height: HEIGHT,
      padding: [8, 28, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false }, sync: { key: "figures" }, points: { size: 6 } },
      hooks: { setCursor: [({ cursor }) => follow(cursor.idx ?? null)] },
      scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.05, LEAST[this.unit])] } },
      axes: [this.#times(), this.#marks()],
      series: [{}, ...this.names.map((_, number) => this.#curve(number))],
    };
  }

  #curve(number) {
    const stroke = () => getComputedStyle(this.swatches[number]).color;
    // the last of three often lies on the first: both are seen
    const dash = number === 2 ? [4, 4] : undefined;
    return { stroke, width: 2, dash, spanGaps: false, points: { show: false } };
  }

  #times() {
    return { ...this.#lines(), space: 80, size: 26, values: (_, at) => at.map(timeOf) };
  }

  #marks() {
    const told = (value) => (this.unit === "bytes" ? bytes(value) : SHORT.format(value));
    const values = (_, at) => at.map(told);
    const size = (_, marks) => 14 + LETTER * Math.max(2, ...(marks ?? []).map((mark) => mark.length));
    const steps = STEPS[this.unit];
    return { ...this.#lines(), space: 28, size, values, ...(steps && { incrs: steps }) };
  }

  #lines() {
    const line = () => getComputedStyle(this.canvas).getPropertyValue("border-top-color");
    const stroke = () => getComputedStyle(this.canvas).color;
    const grid = { stroke: line, width: 1 };
    return { stroke, grid, ticks: { ...grid, size: 4 }, font: "11px system-ui, sans-serif" };
  }
}
