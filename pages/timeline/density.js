/* How gaps are drawn: wide ones as such, many small ones as how much of each pixel is missing. Knows no page. */

import { isWhole } from "./gaps.js";

/** @import { Gap } from "./gaps.js" */
/** @import { Scale } from "./scale.js" */

/** In pixels: what is narrower is told by its share alone. */
const WIDE = 6;

/**
 * @param {Gap[]} gaps
 * @param {Scale} scale
 * @returns {{ wide: { x: number, width: number, isDeleted: boolean }[], missing: Float64Array }} the gaps that are
 *   hatched, and how much of each pixel the others miss, from 0 to 1; deleted pictures are no part of that
 */
export function drawn(gaps, scale) {
  const wide = [];
  const missing = new Float64Array(Math.ceil(scale.width) + 1);
  for (const gap of gaps) {
    const { from, to, missingMs, reason } = gap;
    const begin = Math.max(0, scale.xOf(from));
    const end = Math.min(scale.width, scale.xOf(to));
    if (end < 0 || begin > scale.width) continue;
    const isDeleted = reason === "deleted";
    if (isDeleted || (isWhole(gap) && end - begin >= WIDE)) {
      wide.push({ x: begin, width: Math.max(end - begin, 2), isDeleted });
      continue;
    }
    const share = Math.min(1, missingMs / (to - from));
    for (let x = Math.floor(begin); x < end; x += 1) {
      missing[x] = Math.min(1, missing[x] + share * (Math.min(end, x + 1) - Math.max(begin, x)));
    }
  }
  return { wide, missing };
}
