/* The geometry of the calendar, and what there is of a period. Knows no page. */

import { two } from "../shared/time.js";

/** @import { Day } from "./frames.js" */

/** The months of a year: 2026-01 and so on. @param {string} year */
export const monthsOf = (year) => Array.from({ length: 12 }, (_, month) => `${year}-${two(month + 1)}`);

/** The month that is `by` months later. @param {string} month such as 2026-11 @param {number} by */
export function monthLater(month, by) {
  const [year, number] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

/**
 * A month in weeks that begin on Monday.
 * @param {string} month such as 2026-11
 * @returns {{ blanks: number, days: string[] }} the places before the first day, and the days' keys
 */
export function daysOfMonth(month) {
  const [first, next] = [month, monthLater(month, 1)].map((each) => Date.parse(`${each}-01T00:00Z`));
  const length = (next - first) / 86_400_000;
  const days = Array.from({ length }, (_, day) => `${month}-${two(day + 1)}`);
  return { blanks: (new Date(first).getUTCDay() + 6) % 7, days };
}

/**
 * Of all days together.
 * @param {Map<string, Day>} days by key
 * @param {string} period a year, a month or a day
 * @returns {Day}
 */
export function sumOf(days, period) {
  const sum = { frames: 0, bytes: 0, missed: 0 };
  for (const [key, { frames, bytes, missed }] of days) {
    if (!key.startsWith(period)) continue;
    sum.frames += frames;
    sum.bytes += bytes;
    sum.missed += missed;
  }
  return sum;
}

/**
 * How strongly a day is filled in: 0 for no frames, else from 0.25 for few to 1 for the most.
 * @param {number} frames
 * @param {number} most frames of any day
 */
export const fillOf = (frames, most) => frames && 0.25 + (0.75 * frames) / most;
