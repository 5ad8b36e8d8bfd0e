/** The kinds of media: what people call them, and a sign for each. */

const SVG = "http://www.w3.org/2000/svg";
const FRAME = "M3 5h18v14H3z";

/** By the media type of the API: one, many, and the lines of its sign. */
const KINDS = {
  audio: ["Audio", "Audio", "M4 10v4M8 6v12M12 3v18M16 7v10M20 10v4"],
  video: ["Video", "Videos", `${FRAME}M10 9l5 3-5 3z`],
  image: ["Picture", "Pictures", `${FRAME}M3 16l5-5 4 4 3-3 6 6M15.5 9.5h.01`],
  keyframe: ["Key-frame", "Key-frames", `${FRAME}M7 5v14M17 5v14M3 12h4M17 12h4`],
  text: ["Text", "Texts", "M6 3h9l4 4v14H6zM9 10h7M9 14h7M9 18h4"],
};
/** What has a place in time. */
const TIMED = new Set(["audio", "video", "keyframe"]);

/** Media types with their names, as in a list to choose from. */
export const choices = Object.entries(KINDS).map(([kind, [, many]]) => [kind, many]);

export const kindName = (kind) => KINDS[kind]?.[0] ?? kind;
export const isTimed = (kind) => TIMED.has(kind);

/** Says nothing to screen readers: the name stands beside it. */
export function sign(kind) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", KINDS[kind]?.[2] ?? FRAME);
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "sign");
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(path);
  return drawing;
}
