/** Place of the last of `values`, which ascend, that is at most `most`; one before the first if none is. */
export function lastAtMost(values, most, first = 0, end = values.length) {
  let [low, high] = [first, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= most) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
