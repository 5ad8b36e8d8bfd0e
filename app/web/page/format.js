/** Figures as people read them. */

/** 3725.4 -> 1:02:05 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, second] = [whole / 3600, (whole / 60) % 60, whole % 60].map(Math.floor);
  const two = (figure) => String(figure).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(second)}` : `${minutes}:${two(second)}`;
}

/** 1536 -> 1.5 KiB */
export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(power && count / 1024 ** power < 10 ? 1 : 0)} ${units[power]}`;
}

/** "the upload has 5368709120 bytes" -> "the upload has 5.0 GiB" */
export function inUnits(text) {
  return text.replace(/\b(\d{4,15})\b( bytes)?/g, (_, count) => bytes(Number(count)));
}

export function percent(share) {
  return `${Math.floor(share * 100)} %`;
}

/** How long it will take: "about 2 min". */
export function about(seconds) {
  if (seconds < 60) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS = [["hour", 3600], ["minute", 60]];
const DAY = 86_400; // seconds

/** "3 hours ago"; days are those of whoever reads it: "yesterday" ended at their midnight. */
export function ago(date, now = Date.now()) {
  const seconds = (new Date(date).getTime() - now) / 1000;
  if (Math.abs(seconds) >= DAY) return AGO.format(daysBetween(now, date), "day");
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return AGO.format(Math.round(seconds / size), unit);
}

const DATE = { day: "numeric", month: "long", year: "numeric" };
const MOMENT = new Intl.DateTimeFormat("en-GB", { ...DATE, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAYS = new Intl.DateTimeFormat("en-GB", DATE);

/** "3 April 2026 at 14:05:09", in the words of the page and the time of whoever reads it. */
export function moment(date) {
  return MOMENT.format(new Date(date));
}

/** "3 April 2026" */
export function day(date) {
  return DAYS.format(new Date(date));
}

/** Midnights between two moments; a day of 23 hours is one, too. */
function daysBetween(from, to) {
  const [first, last] = [from, to].map((each) => new Date(each).setHours(0, 0, 0, 0));
  return Math.round((last - first) / 1000 / DAY);
}
