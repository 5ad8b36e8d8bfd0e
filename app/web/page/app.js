/** Which view stands in the page: the part of the address behind `#`. */

import { fill, h } from "/page/dom.js";
import { catchFiles } from "/page/drop.js";
import { askForKey, session, signIn } from "/page/session.js";
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
let before = null;

/**
 * Each view module exports `title` and `show(main, { rest, parameters, signal })`: it fills the
 * page, and ends all that it began (streams, timers, listeners) when `signal` is aborted.
 */
async function go() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const place = read(location.hash);
  mark(place.name);
  try {
    const view = await fetched(place);
    if (signal.aborted) return;
    document.title = view.title ? `${view.title} · Spool` : "Spool";
    main.className = `page ${place.name || "home"}`;
    await view.show(fill(main), { ...place, signal });
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
  if (!signal.aborted) arrive(place);
}

async function fetched({ name }) {
  return Object.hasOwn(VIEWS, name) ? VIEWS[name]() : nowhere();
}

/** `#/jobs/1?a=b` -> name, rest and parameters. */
function read(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decoded);
  return { path, name, rest, parameters: new URLSearchParams(query) };
}

function decoded(word) {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

function nowhere() {
  const back = () => h("p", {}, h("a", { href: "/#/" }, "To the start"));
  return { title: "Nothing here", show: (page) => page.append(h("h1", {}, "There is nothing here"), back()) };
}

/** In place of a view that could not be shown. */
function fail(error) {
  const shut = error.status === 401;
  const again = h("button", { onclick: shut ? signIn : go }, shut ? "Sign in" : "Try again");
  // the hint of a 401 is for programs
  const why = [h("p", {}, error.message), !shut && error.hint && h("p", { class: "dim" }, error.hint)];
  fill(main, h("h1", {}, "This cannot be shown now"), why, h("p", {}, again));
}

/** A new place begins at its top, and with its heading: but not the first one, nor a new query. */
function arrive({ path }) {
  if (before !== null && before !== path) {
    const busy = main.contains(document.activeElement) && document.activeElement !== main;
    const heading = main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    if (!busy) (heading ?? main).focus({ preventScroll: true });
    scrollTo({ top: 0, behavior: "instant" });
  }
  before = path;
}

function mark(name) {
  for (const link of document.querySelectorAll('.top nav a[href*="#"]')) {
    const here = new URL(link.href).hash.replace(/^#\/?/, "") === name;
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
}

/** Its `#main` would else be taken for a view. */
function skipToContent(event) {
  event.preventDefault();
  main.focus();
}

async function begin() {
  document.querySelector(".skip").addEventListener("click", skipToContent);
  top();
  catchFiles();
  // on its way while the service tells who is here; what fails is told when it is shown
  fetched(read(location.hash)).catch(() => null);
  const { keys_required: wanted, signed_in: inside } = await session();
  if (wanted && !inside) await askForKey({ message: "This service answers to those who have one." });
  addEventListener("hashchange", go);
  await go();
}

begin();
