/* Lengths of time that were chosen by people: whole numbers of a unit. */

import * as texts from "../texts.js";

/** A day by the clock, not by the calendar. */
export const DAY_SECONDS = 86_400;

const UNITS = /** @type {const} */ ([
  [365 * DAY_SECONDS, texts.years],
  [DAY_SECONDS, texts.days],
  [3_600, texts.hours],
  [60, texts.minutes],
]);

/** In the largest unit of which it is a whole number: 2 hours, 90 minutes. @param {number} seconds */
export function formatLength(seconds) {
  const [size, words] = UNITS.find(([size]) => seconds % size === 0) ?? [1, texts.seconds];
  return words(seconds / size);
}

/** What follows "every": hour, 90 minutes. @param {number} seconds */
export const formatInterval = (seconds) => formatLength(seconds).replace(/^1 /, "");
