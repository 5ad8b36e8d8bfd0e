/** The key of whoever sits here: the service keeps it in a cookie that no script can read. */

import { dialog, h } from "/page/dom.js";

const SESSION = "/api/v1/session";
const OPEN = { keys_required: false, signed_in: true, name: null, scopes: [] };
const JSON_TYPE = { "Content-Type": "application/json" };
let asking = null;
let looking = null;
let here = OPEN;
/** They left the dialog: nobody asks again until they say so. */
let left = false;

/** True once a key was given that opens something; false when they leave the dialog. */
export function askForKey({ message }) {
  if (left) return Promise.resolve(false);
  asking ??= untilGiven(message).finally(() => (asking = null));
  return asking;
}

/** They ask by themselves. */
export async function signIn() {
  left = false;
  if (await askForKey({ message: "Whoever runs this service hands them out." })) location.reload();
}

export async function forgetKey() {
  await fetch(SESSION, { method: "DELETE" });
  location.assign("/");
}

/** Whose page this is: `{keys_required, signed_in, name, scopes}`; asked once. */
export function session() {
  looking ??= look();
  return looking;
}

/** Whether the key allows `scope` (`read`, `ingest`, `admin`), as far as `session` has told. */
export function may(scope) {
  return !here.keys_required || here.scopes.includes("admin") || here.scopes.includes(scope);
}

/** Why something is disabled; undefined where it is not. */
export function unless(scope) {
  return may(scope) ? undefined : `This needs a key with the scope ${scope}`;
}

async function look() {
  const answer = await fetch(SESSION).catch(() => null);
  here = answer?.ok ? await answer.json() : OPEN;
  return here;
}

async function untilGiven(first) {
  for (let why = first; ; ) {
    const given = await dialog("An API key, please", fields(why), { action: "Open" });
    left = given === null;
    if (left) return false;
    const answer = await fetch(SESSION, { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ key: given.key.trim() }) });
    if (answer.ok) return entered();
    const told = await answer.json().catch(() => ({}));
    why = told.error?.message ?? "That key does not open anything.";
  }
}

/** The top of the page listens, to show whose key it is. */
async function entered() {
  looking = look();
  await looking;
  dispatchEvent(new Event("session"));
  return true;
}

function fields(why) {
  const key = h("input", {
    type: "password", name: "key", required: true, autocomplete: "current-password", autofocus: true,
  });
  return [h("p", {}, why), h("label", {}, "Key", key)];
}
