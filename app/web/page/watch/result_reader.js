/** A worker that reads a result: JSON in, arrays out. It fetches nothing. */

import { wordPlaces } from "/page/watch/word_places.js";

addEventListener("message", ({ data: { text, texts } }) => {
  const { transcript: _, segments = [], ...about } = JSON.parse(new TextDecoder().decode(text));
  const words = wordPlaces(segments);
  const said = texts && segments.map((segment) => segment.text.trim());
  postMessage({ about, ...words, texts: said }, Object.values(words).map((each) => each.buffer));
});
