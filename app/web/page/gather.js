/** What somebody drops, pastes or chooses, as files. */

/** Suffixes that tell media in folders, as in `app/domain/media_types.py`. */
export const MEDIA = new Set([
  ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts",
  ".mp3", ".m4a", ".m4b", ".aac", ".wav", ".flac", ".ogg", ".oga", ".opus", ".wma", ".aif",
  ".aiff", ".amr", ".caf", ".mka", ".weba",
  ".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif",
  ".txt", ".md", ".mdx", ".markdown", ".rst",
]);

/** Whether it is files that somebody drags or drops, and nobody has taken them yet. */
export function bringsFiles(event) {
  return !event.defaultPrevented && Boolean(event.dataTransfer?.types.includes("Files"));
}

/**
 * Of a drop: `{files, left}` again and again, so that a large folder does not stop the page. Files
 * are taken as they are; of folders only what their names tell to be media, and `left` counts the
 * rest. Call it in the event itself: what was dropped is gone afterwards.
 */
export function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  return walked(items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean));
}

/** Of a folder that was chosen: the browser has looked through all of it. */
export function chosen(files) {
  const [kept, left] = [[], []];
  for (const file of files) (isMedia(file.webkitRelativePath || file.name) ? kept : left).push(file);
  return { files: kept, left: left.length };
}

/** The addresses in a text, or none where it is something else. */
export function addresses(text) {
  const words = text.trim().split(/\s+/);
  return words.every((word) => /^https?:\/\/[^/\s]+/i.test(word)) ? words : [];
}

async function* walked(entries) {
  const loose = entries.filter((entry) => entry instanceof File || entry.isFile);
  if (loose.length) yield { files: await Promise.all(loose.map(opened)), left: 0 };
  for (const entry of entries) if (entry.isDirectory) yield* inside(entry);
}

async function* inside(folder) {
  const reader = folder.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    const files = some.filter((entry) => entry.isFile);
    const media = files.filter((entry) => isMedia(entry.name));
    yield { files: await Promise.all(media.map(opened)), left: files.length - media.length };
    for (const entry of some) if (entry.isDirectory && !hidden(entry.name)) yield* inside(entry);
  }
}

function opened(entry) {
  if (entry instanceof File) return entry;
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function isMedia(path) {
  const suffix = /\.[^./]+$/.exec(path)?.[0].toLowerCase();
  return MEDIA.has(suffix) && !path.split("/").some(hidden);
}

function hidden(name) {
  return name.startsWith(".");
}
