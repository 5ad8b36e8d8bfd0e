/** Files on their way to the service, three at a time. They go on while other views are shown. */

import { notice } from "/page/dom.js";
import { tellKnown } from "/page/known.js";
import { askForKey } from "/page/session.js";
import { refusal, upload } from "/page/tus.js";

const AT_ONCE = 3;
/** `{file, wishes, state, sent, rate, error}`, in the order in which they were given. */
const all = new Set();
/** Since the list was last empty. */
const sum = { count: 0, bytes: 0, done: 0, doneBytes: 0 };

/** Returns how many were new. Files that are on their way already stay as they are. */
export function add(files, wishes) {
  const known = new Set([...all].map(({ file }) => name(file)));
  const fresh = files.filter((file) => !known.has(name(file)));
  if (!all.size) Object.assign(sum, { count: 0, bytes: 0, done: 0, doneBytes: 0 });
  for (const file of fresh) {
    // before it is sent: afterwards it would find itself
    const told = files.length === 1 ? tellKnown(file).catch(() => null) : null;
    all.add({ file, wishes, known: told, state: "waiting", sent: 0, rate: 0, error: null });
    sum.count += 1;
    sum.bytes += file.size;
  }
  if (fresh.length < files.length) notice(`${files.length - fresh.length} on their way already`);
  next();
  return fresh.length;
}

export function items() {
  return [...all];
}

/** `{count, bytes, done, sent, rate, left}`: `left` in seconds, or null. */
export function progress() {
  const under = [...all];
  const sent = sum.doneBytes + under.reduce((bytes, item) => bytes + item.sent, 0);
  const rate = under.reduce((bytes, item) => bytes + (item.state === "sending" ? item.rate : 0), 0);
  const bytes = under.reduce((left, item) => left - (item.state === "refused" ? item.file.size - item.sent : 0), sum.bytes);
  return { ...sum, bytes, sent, rate, left: rate > 0 ? (bytes - sent) / rate : null };
}

export function pause(item) {
  if (item.state === "sending") item.upload?.abort();
  Object.assign(item, { state: "paused", rate: 0 });
  next();
}

/** Also after a refusal: tried again. */
export function resume(item) {
  Object.assign(item, { state: "waiting", error: null });
  next();
}

export function cancel(item) {
  all.delete(item);
  sum.count -= 1;
  sum.bytes -= item.file.size;
  item.upload?.abort(true).catch(() => null);
  item.state = "gone";
  next();
}

export function pauseAll() {
  for (const item of all) if (["sending", "waiting"].includes(item.state)) pause(item);
}

export function resumeAll() {
  for (const item of all) if (item.state === "paused") resume(item);
}

export function cancelAll() {
  for (const item of [...all]) cancel(item);
}

function next() {
  const under = [...all];
  let free = AT_ONCE - under.filter((item) => item.state === "sending").length;
  for (const item of under) {
    if (free > 0 && item.state === "waiting") send(item, (free -= 1));
  }
  changed();
}

async function send(item) {
  Object.assign(item, { state: "sending", error: null, mark: null, rate: 0 });
  const heard = {
    onProgress: (sent) => moved(item, sent),
    onSuccess: () => arrived(item),
    onError: (error) => refused(item, refusal(error)),
    onBroken: (why) => broken(item, why),
  };
  try {
    await item.known;
    item.making ??= upload(item.file, item.wishes, heard);
    item.upload = await item.making;
    item.resumed = item.upload.resumed;
    if (item.state === "sending") item.upload.start();
  } catch (error) {
    item.making = null;
    refused(item, { message: error.message, status: 0 });
  }
}

/** The rate is that of the last seconds. */
function moved(item, sent) {
  const now = performance.now();
  item.mark ??= { now, sent };
  const seconds = (now - item.mark.now) / 1000;
  if (seconds >= 0.8) {
    const rate = (sent - item.mark.sent) / seconds;
    Object.assign(item, { rate: item.rate ? 0.6 * item.rate + 0.4 * rate : rate, mark: { now, sent } });
  }
  Object.assign(item, { sent, error: null });
  changed();
}

/** The line, not the file: it is tried again by itself. */
function broken(item, why) {
  Object.assign(item, { error: { message: why, status: 0 }, mark: null, rate: 0 });
  changed();
}

function arrived(item) {
  all.delete(item);
  item.state = "done";
  sum.done += 1;
  sum.doneBytes += item.file.size;
  dispatchEvent(new Event("job"));
  next();
}

async function refused(item, error) {
  if (item.state === "gone") return;
  Object.assign(item, { state: "refused", error, rate: 0 });
  next();
  if (error.status === 401 && (await askForKey(error)) && item.state === "refused") resume(item);
}

function name(file) {
  return [file.webkitRelativePath || file.name, file.size, file.lastModified].join("\n");
}

let told = 0;

/** Whoever shows them is told once a frame at most. */
function changed() {
  told ||= requestAnimationFrame(() => {
    told = 0;
    dispatchEvent(new Event("uploads"));
  });
}

/** Whether to leave this document would cut one short. */
export function busy() {
  return [...all].some((item) => ["sending", "waiting", "paused"].includes(item.state));
}

addEventListener("online", () => {
  for (const item of all) if (item.state === "refused" && item.error?.status === 0) resume(item);
});
addEventListener("beforeunload", (event) => busy() && event.preventDefault());
// pages of assets are documents of their own
document.addEventListener("click", ({ target }) => {
  const away = target.closest?.('a[href^="/watch/"]');
  if (away) away.target = busy() ? "_blank" : "";
}, true);
