/** What was refused, and when it is worth asking again. */

import { inUnits } from "/page/format.js";

const BROKEN = 5; // seconds, where nobody says how long it takes
const TOO_LARGE = 413;
/** Of the refusals that are the asker's, those that time mends. */
const PASSING = [408, 409, 423, 425, 429];

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
  const forGood = status >= 400 && status < 500 && !PASSING.includes(status);
  return forGood ? Infinity : Math.max(wait, BROKEN);
}
