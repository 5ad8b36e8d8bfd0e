/** Arrows move from the box through the hits and back; Enter opens, as of any link. */

/** Fields in which arrows mean something else. */
const KEPT = "select, textarea, dialog, summary, input:not([type=search])";

export function moveThrough(found, box, signal) {
  addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest?.(KEPT)) return;
    const links = [...found.querySelectorAll(".hit-link")];
    const to = places(links, event.target) + step;
    if (to >= links.length || to < -1) return;
    event.preventDefault();
    (links[to] ?? box).focus();
    (links[to] ?? box).scrollIntoView({ block: "nearest" });
  }, { signal });
}

/** -1 stands for the box, and for wherever else they are. */
function places(links, target) {
  const here = target.closest?.(".hit")?.querySelector(".hit-link");
  return here ? links.indexOf(here) : -1;
}
