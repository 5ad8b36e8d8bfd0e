/** The day that the service wrote is one of UTC: here it becomes that of whoever reads. */

import { day, moment } from "/page/format.js";

export function days(main) {
  for (const time of main.querySelectorAll(".about time[datetime]")) {
    time.textContent = day(time.dateTime);
    time.title = moment(time.dateTime);
  }
}
