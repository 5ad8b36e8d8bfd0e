/** One file by tus: where it was broken off it goes on, also after the page was loaded anew. */

import { Refusal } from "/page/refusal.js";

const PLACE = "/api/v1/uploads";
/** Milliseconds. What moved a byte begins with the first of them again. */
const DELAYS = [500, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000];
const DAYS = 7;
/** A full disk, and a service that asks to wait, are told; others may pass by themselves. */
const PASSING = [0, 409, 423, 429, 500, 502, 503, 504];
let library = null;

/**
 * @param {File} file
 * @param {Object<string, any>} wishes options of its job
 * @param {{onProgress: (sent: number) => void, onSuccess: () => void, onError: (error: Error) => void,
 *   onBroken: (why: string) => void}} heard
 * @returns the library's upload, not started; `resumed`: with bytes of it there already
 */
export async function upload(file, wishes, { onProgress, onSuccess, onError, onBroken }) {
  const tus = await loaded();
  const made = new tus.Upload(file, {
    endpoint: PLACE,
    retryDelays: DELAYS,
    removeFingerprintOnSuccess: true,
    metadata: metadata(file, wishes),
    onShouldRetry: (error) => passing(error, onBroken),
    onProgress,
    onSuccess,
    onError,
  });
  const before = newest(await made.findPreviousUploads());
  if (before) made.resumeFromPreviousUpload(before);
  return Object.assign(made, { resumed: Boolean(before) });
}

/** What the service said, or that it did not. */
export function refusal(error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  const silent = { message: "The service cannot be reached", hint: "it goes on where it was" };
  return new Refusal(status, status ? body(error)?.error : silent);
}

/** Uploads that were not finished, newest first: `{key, filename, size}`. Old ones are forgotten. */
export function unfinished() {
  try {
    tidy();
    return entries().map(([key, kept]) => ({ key, filename: kept.metadata?.filename, size: kept.size }));
  } catch {
    return [];
  }
}

/** Here, and in the service, which would drop it after a while. */
export async function forget(key) {
  const { uploadUrl } = JSON.parse(localStorage.getItem(key)) ?? {};
  localStorage.removeItem(key);
  await fetch(uploadUrl, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => null);
}

/** As a module, not a script: markup and addresses made of strings are switched off here. */
async function loaded() {
  library ??= import("/page/vendor/tus/tus.min.js").then(() => window.tus);
  try {
    return await library;
  } catch (error) {
    library = null;
    throw error;
  }
}

function metadata(file, wishes) {
  const filename = file.name.replace(/[\x00-\x1f\x7f]/g, " ").slice(-200);
  const told = Object.entries(wishes).map(([name, value]) => [name, String(value)]);
  return { filename, ...Object.fromEntries(told) };
}

function passing(error, onBroken) {
  const { status, message } = refusal(error);
  if (!PASSING.includes(status)) return false;
  onBroken(status ? `${message}: trying again` : "The line is broken: trying again");
  return true;
}

function body(error) {
  try {
    return JSON.parse(error.originalResponse.getBody());
  } catch {
    return null;
  }
}

function newest(before) {
  return before.sort((one, other) => since(other) - since(one))[0];
}

function entries() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith("tus::"));
  const found = keys.map((key) => [key, JSON.parse(localStorage.getItem(key))]);
  return found.sort(([, one], [, other]) => since(other) - since(one));
}

function tidy() {
  const oldest = Date.now() - DAYS * 86_400_000;
  for (const [key, kept] of entries()) if (!(since(kept) >= oldest)) localStorage.removeItem(key);
}

function since(kept) {
  return new Date(kept.creationTime).getTime();
}
