/** Names of files, which may break where people would break them. */

import { h } from "/page/dom.js";

export function breakable(name) {
  return name.split(/(?<=[_./-])/).flatMap((part) => [part, h("wbr")]);
}
