/** A moment as people say it, with the moment itself behind it. */

import { h } from "/page/dom.js";
import { ago } from "/page/format.js";

export function when(date) {
  return h("time", { datetime: date, title: new Date(date).toLocaleString() }, ago(date));
}
