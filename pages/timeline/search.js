/* Looking up in rows that are sorted. */

/**
 * How many values are below a limit.
 * @param {number} count of values
 * @param {(place: number) => number} valueAt each, ascending
 * @param {number} limit
 */
export function countBelow(count, valueAt, limit) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The place of the value nearest to a target, in [low, high) unless that is empty; -1 without values.
 * @param {number} count
 * @param {(place: number) => number} valueAt each, ascending
 * @param {number} target
 * @param {number} low
 * @param {number} high
 */
export function nearestPlace(count, valueAt, target, low, high) {
  let place = countBelow(count, valueAt, target);
  const isLater = place < count && valueAt(place) - target < target - valueAt(place - 1);
  if (place && !isLater) place -= 1;
  return Math.min(low < high ? Math.min(Math.max(place, low), high - 1) : place, count - 1);
}
