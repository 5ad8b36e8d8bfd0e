/** What stands at the top of every page: the search box, what waits, and whose key it is. */

import { fill, h } from "/page/dom.js";
import { listen } from "/page/keys.js";
import { countLetters, known } from "/page/letters.js";
import { forgetKey, session, signIn } from "/page/session.js";

const LATER = 1500; // milliseconds in which a view may tell of dead letters by the way

/** Enter goes to the view of what is found. */
export function top() {
  const form = document.querySelector(".find");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.assign(`/#/search?${new URLSearchParams({ q: form.elements.q.value })}`);
  });
  listen();
  setTimeout(() => known || countLetters(), LATER);
  const who = h("div", { class: "who" });
  document.querySelector(".top").append(who);
  addEventListener("session", () => tell(who));
  tell(who);
}

async function tell(who) {
  const { keys_required: wanted, signed_in: inside, name } = await session();
  who.hidden = !wanted;
  const out = h("button", { class: "quiet small", onclick: forgetKey }, "Sign out");
  const enter = h("button", { class: "small", onclick: signIn }, "Sign in");
  fill(who, inside ? [h("span", { class: "clip dim small", title: "The key in use" }, name), out] : enter);
}
