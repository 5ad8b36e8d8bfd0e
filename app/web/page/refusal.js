/** What was refused, and when it is worth asking again. */

import { inUnits } from "/page/format.js";

const BROKEN = 5; // seconds, where nobody says how long it takes
const TOO_LARGE = 413;

/** `status` is 0 where there is no answer; `wait`: seconds that the service asks for. */
export class Refusal extends Error {
  constructor(status, { code = "", message = `HTTP ${status}`, hint = "" } = {}, wait = 0) {
    super(status === TOO_LARGE ? inUnits(message) : message);
    Object.assign(this, { name: "Refusal", status, code, hint, wait });
  }
}

/** In the service's words. */
export const why = ({ message, hint }) => (hint ? `${message} (${hint})` : message);

/** Seconds until asking again may help; Infinity: not before somebody does something. */
export function patience({ status, wait = 0 }) {
  return status === 401 || status === 403 ? Infinity : Math.max(wait, BROKEN);
}
