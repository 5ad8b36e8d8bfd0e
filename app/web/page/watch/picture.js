/** The picture in full, and what looks like it: asked for when somebody wants to see it. */

import { ask } from "/page/api.js";
import { fill, h, told } from "/page/dom.js";

const MOST = 12;

export function picture(main) {
  const image = main.querySelector(".picture img");
  const small = image.src;
  const whole = h("img", { src: image.parentElement.href });
  // what no browser shows stays small
  whole.addEventListener("load", () => (image.src = whole.src));
  if (main.dataset.asset) similar(main, small);
}

function similar(main, small) {
  const list = h("div", { class: "similar" }, h("p", { class: "dim" }, "Looking …"));
  const look = () => told(() => show(main, list, small));
  const box = h("details", { class: "alike" }, h("summary", {}, "What looks like it"), list);
  box.addEventListener("toggle", look, { once: true });
  main.querySelector(".stage").append(box);
}

async function show(main, list, small) {
  const form = new FormData();
  form.append("image", await (await fetch(small)).blob(), "picture.jpg");
  form.append("limit", MOST);
  const { hits } = await ask("/api/v1/search", { method: "POST", body: form });
  const others = hits.filter((hit) => hit.asset_id !== main.dataset.asset && hit.thumbnail);
  fill(list, others.length ? others.map(card) : h("p", { class: "dim" }, "Nothing that is known looks like it."));
}

function card({ url, thumbnail, title }) {
  return h("a", { href: url, title }, h("img", { src: thumbnail, alt: title, loading: "lazy" }));
}
