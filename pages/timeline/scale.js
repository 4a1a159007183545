/* The track's scale: where an instant is on it, and which instants have labels. Knows no page. */

import { formatShortDate, formatTime, HOUR_MS, readingOf } from "../shared/time.js";
import { formatShortMonth, instantOfReading } from "./dates.js";

const UNITS = /** @type {const} */ ([
  { unit: "Minutes", lengthMs: HOUR_MS / 60, steps: [5, 10, 15, 30] },
  { unit: "Hours", lengthMs: HOUR_MS, steps: [1, 2, 3, 6, 12] },
  { unit: "Date", lengthMs: 24 * HOUR_MS, steps: [1, 2, 7, 14] },
  { unit: "Month", lengthMs: 31 * 24 * HOUR_MS, steps: [1, 2, 3, 6, 12] },
]);

/** From one instant to another, over a width in pixels. */
export class Scale {
  /** @param {number} from @param {number} to @param {number} width */
  constructor(from, to, width) {
    this.from = from;
    this.to = to;
    this.width = width;
  }

  /** @param {number} instant */
  xOf(instant) {
    return ((instant - this.from) / (this.to - this.from)) * this.width;
  }

  /** The nearest on the scale. @param {number} x */
  instantOf(x) {
    return this.from + Math.min(Math.max(x / this.width, 0), 1) * (this.to - this.from);
  }

  /**
   * Round instants of the clock, so far apart that their labels have room.
   * @param {number} labelWidth in pixels
   */
  *labels(labelWidth) {
    const leastMs = (labelWidth / this.width) * (this.to - this.from);
    const fits = (/** @type {number} */ step, /** @type {number} */ lengthMs) => step * lengthMs >= leastMs;
    const { unit, lengthMs, steps } =
      UNITS.find((each) => each.steps.some((step) => fits(step, each.lengthMs))) ?? UNITS[3];
    const step = steps.find((each) => fits(each, lengthMs)) ?? 12;
    const reading = readingOf(this.from);
    reading.setUTCHours(0, 0, 0, 0);
    if (unit === "Month") reading.setUTCDate(1);
    for (;;) {
      const instant = instantOfReading(reading);
      if (instant >= this.to) return;
      yield { x: this.xOf(instant), text: labelOf(instant, reading, unit) };
      reading[`setUTC${unit}`](reading[`getUTC${unit}`]() + step);
    }
  }
}

/** @param {number} instant @param {Date} reading @param {"Minutes" | "Hours" | "Date" | "Month"} unit */
function labelOf(instant, reading, unit) {
  const isMidnight = !reading.getUTCHours() && !reading.getUTCMinutes();
  if ((unit === "Minutes" || unit === "Hours") && !isMidnight) return formatTime(instant);
  return unit === "Month" ? formatShortMonth(instant) : formatShortDate(instant);
}
