/** How loud it is where: 0..1 for each bar of a drawing. */

import { ask } from "/page/api.js";

const MOST_SPOKEN = 0.45; // of a bar's height, where only speech is known

/** As bars of a drawing: (count, duration) -> Float32Array. */
export async function peaks(address, transcript) {
  const wave = address ? await ask(address).catch(() => null) : null;
  return wave ? (count, duration) => loud(wave, count, duration) : (count, duration) => said(transcript, count, duration);
}

/** Of audiowaveform's JSON: least and most of each pixel, channel by channel. */
function loud({ data, channels = 1, sample_rate: rate, samples_per_pixel: size }, count, duration) {
  const [bars, step] = [new Float32Array(count), 2 * channels];
  const pixels = Math.floor(data.length / step);
  const pixelOf = (bar) => Math.min(pixels, Math.floor((((bar / count) * duration) * rate) / size));
  let most = 1;
  for (let bar = 0; bar < count; bar += 1) {
    const end = Math.max(pixelOf(bar + 1), pixelOf(bar) + 1) * step;
    for (let place = pixelOf(bar) * step; place < end && place < data.length; place += 1) {
      bars[bar] = Math.max(bars[bar], Math.abs(data[place]));
    }
    most = Math.max(most, bars[bar]);
  }
  return bars.map((each) => each / most);
}

/** Where no sound is known: where there is speech. A passage lasts until the next, 8 s at most. */
function said(transcript, count, duration) {
  const bars = new Float32Array(count);
  transcript.passages.forEach((_, number) => {
    const start = transcript.startOf(number);
    const end = Math.min(transcript.startOf(number + 1) ?? duration, start + 8);
    const [first, last] = [start, end].map((each) => Math.floor((each / duration) * count));
    bars.fill(MOST_SPOKEN, first, Math.max(first + 1, last));
  });
  return bars;
}
