/** The key of whoever sits here: the service keeps it in a cookie that no script can read. */

import { dialog, h, notice } from "/page/dom.js";

const SESSION = "/api/v1/session";
let asking = null;

/** True once a key was given that opens something; false when they leave the dialog. */
export function askForKey({ message }) {
  asking ??= untilGiven(message).finally(() => (asking = null));
  return asking;
}

export async function forgetKey() {
  await fetch(SESSION, { method: "DELETE" });
  location.assign("/");
}

export async function session() {
  const answer = await fetch(SESSION);
  return answer.ok ? answer.json() : { keys_required: false, signed_in: true, name: null, scopes: [] };
}

async function untilGiven(why) {
  for (;;) {
    const given = await dialog("An API key, please", fields(why), { action: "Open" });
    if (given === null) return false;
    const answer = await sent(given.key);
    if (answer.ok) return true;
    notice((await answer.json()).error?.message ?? "that key does not open anything", { bad: true });
  }
}

function fields(why) {
  const key = h("input", {
    type: "password", name: "key", required: true, autocomplete: "current-password", autofocus: true,
  });
  return [h("p", {}, why), h("label", {}, "Key", key)];
}

function sent(key) {
  const body = JSON.stringify({ key });
  return fetch(SESSION, { method: "POST", body, headers: { "Content-Type": "application/json" } });
}
