/* The track's scale: where an instant is on it, and which instants have labels. Knows no page. */

import { dayKey, dayStart, HOUR_MS } from "../shared/time.js";

const UNITS = /** @type {const} */ ([
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
   * Round instants of the viewer's clock, so far apart that their labels have room.
   * @param {number} labelWidth in pixels
   */
  *labels(labelWidth) {
    const leastMs = (labelWidth / this.width) * (this.to - this.from);
    const fits = (/** @type {number} */ step, /** @type {number} */ lengthMs) => step * lengthMs >= leastMs;
    const { unit, lengthMs, steps } =
      UNITS.find((each) => each.steps.some((step) => fits(step, each.lengthMs))) ?? UNITS[2];
    const step = steps.find((each) => fits(each, lengthMs)) ?? 12;
    const date = new Date(dayStart(dayKey(this.from)));
    if (unit === "Month") date.setDate(1);
    for (; date.getTime() < this.to; date[`set${unit}`](date[`get${unit}`]() + step)) {
      yield { x: this.xOf(date.getTime()), text: labelOf(date, unit) };
    }
  }
}

/** @param {Date} date @param {"Hours" | "Date" | "Month"} unit */
function labelOf(date, unit) {
  if (unit === "Hours" && date.getHours() > 0) return date.toLocaleTimeString([], { timeStyle: "short" });
  if (unit === "Month") return date.toLocaleDateString([], { month: "short", year: "numeric" });
  return date.toLocaleDateString([], { month: "short", day: "numeric" });
}
