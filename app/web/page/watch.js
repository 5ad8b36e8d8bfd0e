/** The page of an asset: what the service wrote, to play, to follow, to find in and to correct. */

import { told } from "/page/dom.js";
import { may, session } from "/page/session.js";
import { top } from "/page/top.js";
import { days } from "/page/watch/days.js";
import { refuseFiles } from "/page/watch/refuse_files.js";

const main = document.getElementById("main");

/** Each part is fetched only where the page has a place for it. */
async function begin() {
  if (main.dataset.refused) return (await import("/page/watch/refused.js")).refused(main);
  days(main);
  const played = main.querySelector(".player") ? (await import("/page/watch/spoken.js")).spoken(main) : null;
  if (main.querySelector("article.text")) (await import("/page/watch/headings.js")).headings(main);
  if (main.querySelector(".picture")) (await import("/page/watch/picture.js")).picture(main);
  if (!main.dataset.asset) return undefined; // a record: nothing else is known of it
  const { actions } = await import("/page/watch/actions.js");
  await session();
  if (may("ingest")) await played?.correctable();
  actions(played?.page ?? { main });
  told(async () => (await import("/page/watch/newest.js")).newest(main));
  return played?.heard();
}

top();
refuseFiles();
told(begin);
