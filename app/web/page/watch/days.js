/** The day that the service wrote is one of UTC: here it becomes that of whoever reads. */

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

export function days(main) {
  for (const time of main.querySelectorAll(".about time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.textContent = DAY.format(moment);
    time.title = moment.toLocaleString();
  }
}
