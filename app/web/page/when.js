/** A moment as people say it, with the moment itself behind it. */

import { h } from "/page/dom.js";
import { ago, moment } from "/page/format.js";

export function when(date) {
  return h("time", { datetime: date, title: moment(date) }, ago(date));
}
