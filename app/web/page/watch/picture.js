/** The picture in full, and what looks like it: asked for when somebody wants to see it. */

import { ask, raw } from "/page/api.js";
import { fill, h } from "/page/dom.js";
import { why } from "/page/refusal.js";
import { fate } from "/page/watch/fate.js";

const MOST = 12;

export function picture(main) {
  const image = main.querySelector(".picture img");
  const small = image.src;
  const whole = h("img", { src: image.parentElement.href });
  whole.addEventListener("load", () => (image.src = whole.src));
  whole.addEventListener("error", async () => {
    const why = await fate(whole.src, "show", "What stands here is a small one of it.");
    image.closest(".picture").after(why);
  });
  if (main.dataset.asset) similar(main, small);
}

function similar(main, small) {
  const list = h("div", { class: "similar" });
  let asked = false;
  const look = async () => {
    if (!box.open || asked) return;
    asked = true;
    fill(list, h("p", { class: "dim" }, "Looking …"));
    await show(main, list, small).catch((error) => {
      asked = false; // whoever opens it again asks again
      fill(list, h("p", { class: "bad" }, why(error)));
    });
  };
  const box = h("details", { class: "alike", ontoggle: look }, h("summary", {}, "What looks like it"), list);
  main.querySelector(".stage").append(box);
}

async function show(main, list, small) {
  const form = new FormData();
  form.append("image", await (await raw(small)).blob(), "picture.jpg");
  form.append("limit", MOST);
  const { hits } = await ask("/api/v1/search", { method: "POST", body: form });
  const others = hits.filter((hit) => hit.asset_id !== main.dataset.asset && hit.thumbnail);
  fill(list, others.length ? others.map(card) : h("p", { class: "dim" }, "Nothing that is known looks like it."));
}

function card({ url, thumbnail, title }) {
  return h("a", { href: url, title }, h("img", { src: thumbnail, alt: title, loading: "lazy" }));
}
