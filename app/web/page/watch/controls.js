/** The buttons under what plays. */

import { h } from "/page/dom.js";
import { clock } from "/page/format.js";
import { fate } from "/page/watch/fate.js";
import { copyLink } from "/page/watch/moment.js";

const HOUR = 3600; // seconds
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];

export function controls(box, player) {
  const { media } = player;
  const row = h("div", { class: "controls row", role: "group", "aria-label": "Player controls" });
  if (media) {
    media.controls = false;
    if (media.localName === "video") media.addEventListener("click", () => player.toggle());
    row.append(...buttons(player, box));
    lost(box, player, row);
  }
  row.append(h("span", { class: "grow" }), icon("link", "Copy link to this moment", () => copyLink(player)));
  box.append(row);
}

function buttons(player, box) {
  const film = player.media.localName === "video";
  return [
    toggle(player),
    icon("back", "Back 10 seconds", () => player.skip(-10), { "aria-keyshortcuts": "J" }),
    icon("forward", "Forward 10 seconds", () => player.skip(10), { "aria-keyshortcuts": "L" }),
    mute(player),
    passed(player),
    speed(player),
    film && captions(player.media),
    film && icon("full", "Full screen", () => fullScreen(box), { "aria-keyshortcuts": "F" }),
  ].filter(Boolean);
}

function toggle(player) {
  const button = icon("play", "Play", () => player.toggle(), { "aria-keyshortcuts": "K Space" });
  button.classList.remove("quiet");
  player.addEventListener("state", () => dress(button, ...(player.playing ? ["pause", "Pause"] : ["play", "Play"])));
  return button;
}

function mute(player) {
  const button = icon("sound", "Mute", () => player.mute(), { "aria-keyshortcuts": "M" });
  player.addEventListener("state", () => {
    dress(button, ...(player.media?.muted ? ["silent", "Unmute"] : ["sound", "Mute"]));
  });
  return button;
}

/** "0:12 / 1:02:03" */
function passed(player) {
  const [now, all] = [document.createTextNode(""), document.createTextNode("")];
  const shown = h("span", { class: "passed number" }, now, h("span", { class: "of" }, all));
  const put = (text, words) => text.data !== words && (text.data = words);
  const show = () => {
    put(now, clock(player.time));
    put(all, ` / ${clock(player.duration)}`);
    shown.classList.toggle("long", player.duration >= HOUR);
  };
  for (const name of ["time", "state"]) player.addEventListener(name, show);
  show();
  return shown;
}

function speed(player) {
  const options = SPEEDS.map((each) => h("option", { value: each, selected: each === 1 }, `${each}×`));
  const choice = h("select", { class: "speed", "aria-label": "Speed" }, options);
  choice.addEventListener("change", () => (player.media.playbackRate = Number(choice.value)));
  return choice;
}

/** The track is only fetched when it is asked for. */
function captions(media) {
  const [track] = media.textTracks;
  if (!track) return null;
  const button = icon("captions", "Subtitles", () => {
    track.mode = track.mode === "showing" ? "disabled" : "showing";
    button.setAttribute("aria-pressed", track.mode === "showing");
  }, { "aria-pressed": "false" });
  return button;
}

/** Phones that cannot show more than the film itself, show that. */
export function fullScreen(box) {
  if (document.fullscreenElement) return document.exitFullscreen();
  if (box.requestFullscreen) return box.requestFullscreen();
  return box.querySelector("video")?.webkitEnterFullscreen?.();
}

/** Says why nothing plays. It may have failed before any script ran. */
function lost(box, player, row) {
  const { media } = player;
  const words = document.getElementById("transcript") ? "Its words are here." : "";
  const say = async () => {
    const why = await fate(media.currentSrc || media.src, "play", words);
    player.lose();
    media.remove();
    row.replaceChildren(...row.querySelectorAll(".link, .grow, .help"));
    box.prepend(why);
  };
  if (media.error) say();
  else media.addEventListener("error", say, { once: true });
}

function icon(name, label, onclick, more = {}) {
  const button = h("button", { type: "button", class: `icon quiet ${name}`, onclick, ...more });
  dress(button, name, label);
  return button;
}

function dress(button, name, label) {
  if (button.dataset.icon === name) return;
  Object.assign(button.dataset, { icon: name });
  button.title = label;
  button.setAttribute("aria-label", label);
}
