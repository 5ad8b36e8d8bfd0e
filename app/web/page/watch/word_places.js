/** Words by their times and their places, as plain arrays: of ten hours there are a hundred thousand. */

/**
 * Word number n is said from `starts[n]` to `ends[n]`, and stands at `places[n]` of its passage, in
 * characters. The words of passage s are those from `segments[s]` up to `segments[s + 1]`.
 */
export function wordPlaces(segments) {
  const count = segments.reduce((sum, { words = [] }) => sum + words.length, 0);
  const found = {
    segments: new Uint32Array(segments.length + 1),
    starts: new Float64Array(count),
    ends: new Float64Array(count),
    places: new Uint32Array(count),
    lengths: new Uint32Array(count),
  };
  let number = 0;
  segments.forEach(({ text, words = [] }, segment) => {
    number = put(found, number, { text: text.trim(), words });
    found.segments[segment + 1] = number;
  });
  return found;
}

/** Words that do not spell the passage are left out. */
function put(found, number, { text, words }) {
  let place = 0;
  for (const { start, end, text: word } of words) {
    const letters = word.trim();
    const at = letters ? text.indexOf(letters, place) : -1;
    if (at < 0) continue;
    found.starts[number] = start;
    found.ends[number] = end;
    found.places[number] = at;
    found.lengths[number] = letters.length;
    place = at + letters.length;
    number += 1;
  }
  return number;
}
