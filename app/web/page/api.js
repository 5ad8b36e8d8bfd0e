/** The service, asked over its own API. */

import { Refusal } from "/page/refusal.js";
import { askForKey } from "/page/session.js";

/**
 * An answer's JSON (null of 204). Asks for a key where one is needed, once at a time, and goes on.
 * Throws Refusal.
 *
 * @param {string} path
 * @param {{method?: string, json?: any, body?: BodyInit, headers?: Object<string, string>,
 *   signal?: AbortSignal}} [options]
 */
export async function ask(path, options = {}) {
  const answer = await raw(path, options);
  return answer.status === 204 ? null : answer.json();
}

/** The answer itself, when it is a good one. */
export async function raw(path, options = {}) {
  for (;;) {
    const answer = await send(path, options);
    if (answer.ok) return answer;
    const refusal = await refused(answer);
    if (refusal.status !== 401 || !(await askForKey(refusal))) throw refusal;
  }
}

function send(path, { json, headers = {}, ...rest }) {
  if (json === undefined) return heard(fetch(path, { headers, ...rest }));
  const typed = { "Content-Type": "application/json", ...headers };
  return heard(fetch(path, { method: "POST", ...rest, headers: typed, body: JSON.stringify(json) }));
}

/** What browsers say where there is no answer helps nobody. */
function heard(asked) {
  return asked.catch((error) => {
    throw error.name === "AbortError" ? error : new Refusal(0, { message: "The service does not answer" });
  });
}

async function refused(answer) {
  const told = await answer.json().catch(() => ({}));
  return new Refusal(answer.status, told.error, Number(answer.headers.get("Retry-After")) || 0);
}

/** The query of an address; what is null or empty is left out. */
export function query(given) {
  const told = Object.entries(given).filter(([, value]) => value !== null && value !== "" && value !== undefined);
  const text = new URLSearchParams(told).toString();
  return text && `?${text}`;
}

export const asset = (id) => `/api/v1/assets/${id.split("/").map(encodeURIComponent).join("/")}`;
export const watch = (id) => `/watch/${id.split("/").map(encodeURIComponent).join("/")}`;
export const job = (id) => `/api/v1/jobs/${encodeURIComponent(id)}`;
