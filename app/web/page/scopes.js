/** What whoever sits here may do, so that nothing is offered that would be refused. */

import { askForKey, session } from "/page/session.js";

const WANTED = { message: "This service is open to those who have a key." };

/** Asks for a key where one is needed and none was given. */
export async function rights() {
  let here = await session();
  if (here.keys_required && !here.signed_in && (await askForKey(WANTED))) here = await session();
  const all = !here.keys_required || here.scopes.includes("admin");
  const may = (scope) => all || here.scopes.includes(scope);
  return { ingest: may("ingest"), admin: may("admin") };
}
