/** The strip of key-frames: it goes along, and a click goes there. */

export function frames(strip, player) {
  if (!strip) return;
  const links = [...strip.querySelectorAll("a")];
  const times = links.map((link) => Number(new URL(link.href).searchParams.get("t")));
  let here = -1;
  player.addEventListener("time", () => {
    const now = Math.max(0, times.findLastIndex((each) => each <= player.time + 0.01));
    if (now === here) return;
    links[here]?.removeAttribute("aria-current");
    links[now].setAttribute("aria-current", "true");
    here = now;
    if (!strip.matches(":hover, :focus-within")) centre(strip, links[now]);
  });
  strip.addEventListener("click", (event) => {
    const number = links.indexOf(event.target.closest("a"));
    if (number < 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.seek(times[number]);
  });
}

function centre(strip, link) {
  const left = link.offsetLeft - strip.offsetLeft - (strip.clientWidth - link.offsetWidth) / 2;
  strip.scrollTo({ left, behavior: "instant" });
}
