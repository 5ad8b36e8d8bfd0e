/** Everything that was taken in, newest first. */

import { ask, query } from "/page/api.js";
import { fill, h, told } from "/page/dom.js";
import { card } from "/page/asset_card.js";
import { every, pause } from "/page/every.js";
import { choices } from "/page/kinds.js";

export const title = "Library";

const PAGE = 30; // cards made at once
const LOOK = 60; // of the newest, looked at again
const FRESH = 5; // seconds between two looks at what is new

export async function show(main, { parameters, signal }) {
  const kind = parameters.get("media_type") ?? "";
  const list = h("ul", { class: "assets", "aria-label": "Media" });
  fill(main, h("h1", {}, title), kinds(kind), list);
  const shown = new Shown(list);
  const page = (cursor, limit = PAGE) =>
    ask(`/api/v1/assets${query({ media_type: kind, limit, cursor })}`, { signal });

  const loading = h("li", { class: "dim" }, "Loading");
  list.append(loading);
  const first = await page();
  loading.remove();
  shown.after(first.assets);
  if (!first.assets.length) main.append(nothing(kind));
  goOn(main, first.cursor, page, shown, signal);
  const look = () => page(null, LOOK).then(({ assets }) => renewed(main, shown, assets));
  pause(FRESH, signal).then(() => every(FRESH, look, signal));
}

/** What stands in the list, by name. */
class Shown {
  constructor(list) {
    Object.assign(this, { list, cards: new Map(), told: new Map() });
  }

  after(assets) {
    const further = assets.filter(({ asset_id: id }) => !this.cards.has(id));
    this.list.append(...further.map((each) => this.#made(each)));
  }

  /**
   * The newest ones as they are now, each before the one that follows it. Behind the last one that
   * is known come those that scrolling brings.
   */
  renew(assets) {
    const known = assets.some(({ asset_id: id }) => this.cards.has(id));
    let next = known ? null : this.list.firstElementChild;
    for (const asset of assets.toReversed()) {
      const old = this.cards.get(asset.asset_id);
      if (!old && known && !next) continue;
      if (!old) this.list.insertBefore(this.#made(asset), next);
      else if (this.told.get(asset.asset_id) !== JSON.stringify(asset) && !busy(old)) {
        old.replaceWith(this.#made(asset));
      }
      next = this.cards.get(asset.asset_id);
    }
  }

  #made(asset) {
    const made = card(asset, {
      changed: (now) => this.#change(now),
      removed: () => this.#forget(asset.asset_id),
    });
    this.cards.set(asset.asset_id, made);
    this.told.set(asset.asset_id, JSON.stringify(asset));
    return made;
  }

  /** The focus stays where it was. */
  #change(asset) {
    this.cards.get(asset.asset_id)?.replaceWith(this.#made(asset));
    this.cards.get(asset.asset_id).querySelector("button")?.focus();
  }

  /** The focus goes on to what stands in its place. */
  #forget(id) {
    const gone = this.cards.get(id);
    const next = gone?.nextElementSibling ?? gone?.previousElementSibling;
    gone?.remove();
    next?.querySelector("h2 a")?.focus();
    this.cards.delete(id);
  }
}

/** Somebody is in it: it is renewed at the next look. */
const busy = (card) => card.contains(document.activeElement);

function renewed(main, shown, assets) {
  shown.renew(assets);
  if (assets.length) main.querySelector(".empty")?.remove();
}

function kinds(chosen) {
  const link = ([kind, name]) => {
    const here = kind === chosen && "page";
    const href = `#/library${query({ media_type: kind })}`;
    return h("a", { href, class: "choice", "aria-current": here }, name);
  };
  const all = [["", "All"], ...choices];
  return h("nav", { class: "row choices", "aria-label": "Kinds of media" }, all.map(link));
}

function nothing(kind) {
  return h(
    "div",
    { class: "empty" },
    h("p", {}, kind ? "There is nothing of this kind yet." : "Nothing was taken in yet."),
    h("p", {}, h("a", { class: "button", href: "#/" }, "Add media")),
  );
}

/** The next page comes as its place comes near; the button is for who cannot scroll. */
function goOn(main, cursor, page, shown, signal) {
  if (!cursor) return;
  const button = h("button", { class: "quiet next-page", onclick: next }, "More");
  const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && next(), {
    rootMargin: "800px",
  });
  main.append(button);
  seen.observe(button);
  signal.addEventListener("abort", () => seen.disconnect());

  function next() {
    if (button.disabled) return;
    button.disabled = true;
    return told(async () => {
      const following = await page(cursor).finally(() => (button.disabled = false));
      seen.disconnect();
      button.remove();
      shown.after(following.assets);
      goOn(main, following.cursor, page, shown, signal);
    });
  }
}
