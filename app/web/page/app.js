/** Which view stands in the page: the part of the address behind `#`. */

import { fill, h, told } from "/page/dom.js";
import { top } from "/page/top.js";

/** By the first word of the place; each module is fetched when it is first needed. */
const VIEWS = {
  "": () => import("/page/home.js"),
  jobs: () => import("/page/job.js"),
  library: () => import("/page/library.js"),
  search: () => import("/page/search.js"),
  "dead-letters": () => import("/page/dead_letters.js"),
  system: () => import("/page/system.js"),
};
const main = document.getElementById("main");
let leave = new AbortController();

/**
 * Each view module exports `title` and `show(main, { rest, parameters, signal })`: it fills the
 * page, and ends all that it began (streams, timers, listeners) when `signal` is aborted.
 */
async function go() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decodeURIComponent);
  mark(name);
  await told(async () => {
    const view = await (VIEWS[name] ?? nowhere)();
    if (signal.aborted) return;
    document.title = view.title ? `${view.title} · Spool` : "Spool";
    main.className = `page ${name || "home"}`;
    await view.show(fill(main), { rest, parameters: new URLSearchParams(query), signal });
  });
}

function nowhere() {
  return { title: "Nothing here", show: (page) => page.append(h("h1", {}, "There is nothing here")) };
}

function mark(name) {
  for (const link of document.querySelectorAll(".top nav a")) {
    const here = new URL(link.href).hash.replace(/^#\/?/, "") === name;
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
}

top();
addEventListener("hashchange", go);
go();
