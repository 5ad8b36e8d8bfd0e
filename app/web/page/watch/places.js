/** Where words stand in a long text. */

const SLICE = 20_000; // characters that are searched at once
const REACH = 1000; // characters that a place may have more than what is wanted: white space

export const NOWHERE = { starts: [], ends: [] };

/**
 * Places in characters, in their order, none within another: `{ starts, ends }`. Any white space
 * stands for any other.
 */
export async function placesOf(text, wanted, rest) {
  if (!wanted) return NOWHERE;
  const [pattern, reach] = [patternOf(wanted), wanted.length + REACH];
  const found = { starts: [], ends: [] };
  for (let from = 0; from < text.length; ) {
    const last = put(found, { from, part: text.slice(from, from + SLICE + reach), pattern });
    from = Math.max(from + SLICE, last);
    await rest();
  }
  return found;
}

/** Those that begin in the slice; returns where the last of them ends. */
function put({ starts, ends }, { from, part, pattern }) {
  for (const { index, 0: { length } } of part.matchAll(pattern)) {
    if (index >= SLICE) break;
    starts.push(from + index);
    ends.push(from + index + length);
  }
  return ends.at(-1) ?? 0;
}

function patternOf(wanted) {
  const words = wanted.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  return new RegExp(words.join("\\s+"), "giu");
}
