/* Lengths of time that are measured: one unit is enough. */

import * as texts from "../texts.js";

/** A length of time in one unit: 3 days, 40 min, 2 s, 300 ms. @param {number} seconds */
export function formatRoughly(seconds) {
  const { days, hours, minutes, seconds: unit, milliseconds } = texts.roughUnits;
  if (seconds >= 2 * 86_400) return `${Math.round(seconds / 86_400)} ${days}`;
  if (seconds >= 3_600) return `${Math.round(seconds / 3_600)} ${hours}`;
  if (seconds >= 120) return `${Math.round(seconds / 60)} ${minutes}`;
  if (seconds >= 1) return `${Math.round(seconds)} ${unit}`;
  return `${Math.round(seconds * 1_000)} ${milliseconds}`;
}
