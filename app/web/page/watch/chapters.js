/** The table of contents that the service wrote: it seeks, and tells where we are. */

import { given } from "/page/watch/moment.js";

/** Returns `{ start, title }` of each, in the order of time. */
export function chaptersOf(main, player) {
  const links = [...main.querySelectorAll(".chapters a")];
  const chapters = links.map((link) => ({ start: given(link.hash), title: title(link) }));
  let here = null;
  player.addEventListener("time", () => {
    const now = links[chapters.findLastIndex(({ start }) => start <= player.time + 0.01)] ?? null;
    if (now === here) return;
    here?.removeAttribute("aria-current");
    now?.setAttribute("aria-current", "true");
    here = now;
  });
  links.forEach((link, number) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      player.seek(chapters[number].start);
    });
  });
  return chapters;
}

function title(link) {
  return link.lastChild.textContent.trim();
}
