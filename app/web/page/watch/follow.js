/** The transcript scrolls with what is said, until its reader goes elsewhere. */

import { h } from "/page/dom.js";

const SCROLLING = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"]);

export function follow(bar, transcript, player) {
  let following = true;
  const button = h("button", { type: "button", class: "follow", hidden: true }, "Follow along");
  const set = (now) => {
    following = now;
    const hidden = following || transcript.current < 0;
    if (button.hidden !== hidden) button.hidden = hidden; // asked at every turn of the wheel
  };
  const look = () => set(transcript.isInSight(transcript.current));
  button.addEventListener("click", () => {
    set(true);
    transcript.show(transcript.current);
  });
  transcript.addEventListener("current", () => following && player.playing && transcript.show(transcript.current));
  player.addEventListener("seek", () => {
    set(true);
    if (!comfortable(transcript)) transcript.show(transcript.current);
  });
  transcript.addEventListener("visit", () => set(false));
  onReaderScrolled(() => set(false), look);
  bar.append(button);
}

/** Where the eye need not jump: not at the very edge. */
function comfortable(transcript) {
  const box = transcript.passages[transcript.current]?.getBoundingClientRect();
  return Boolean(box) && box.top > 0.3 * innerHeight && box.bottom < 0.9 * innerHeight;
}

/** `begun` at the first sign of it, `ended` when the page stands still. */
function onReaderScrolled(begun, ended) {
  let by = false;
  const begin = () => {
    by = true;
    begun();
    settle();
  };
  let waiting = 0;
  const settle = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      by = false;
      ended();
    }, 200);
  };
  addEventListener("wheel", begin, { passive: true });
  addEventListener("touchmove", begin, { passive: true });
  // of the page itself: its scroll bar
  addEventListener("pointerdown", (event) => event.target === document.documentElement && begin());
  addEventListener("keydown", (event) => SCROLLING.has(event.key) && !event.defaultPrevented && begin());
  addEventListener("scroll", () => by && settle(), { passive: true });
}
