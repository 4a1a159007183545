/* How many slots each day missed: the server counts them, for the month or year that the calendar shows. */

import { request } from "../shared/server.js";
import { DAY_MS, dayKey, dayStart, ZONE } from "../shared/time.js";
import { monthLater } from "./months.js";

/** @import { Day } from "./frames.js" */

/** The missed slots of one camera, as far as they were loaded. */
export class MissedDays {
  /** By day. @type {Map<string, number>} */
  days = new Map();
  /** Months and years that were loaded, or are being. @type {Set<string>} */
  #periods = new Set();

  /**
   * Loads those of a period, unless they are here.
   * @param {string} camera
   * @param {string} period a month such as 2026-11, or a year
   * @returns {Promise<boolean>} whether there are others now
   */
  async load(camera, period) {
    if (this.#periods.has(period) || this.#periods.has(period.slice(0, 4))) return false;
    this.#periods.add(period);
    try {
      return await this.#ask(camera, ...endsOf(period));
    } catch (error) {
      this.#periods.delete(period);
      throw error;
    }
  }

  /** Those of today and yesterday. @param {string} camera */
  refresh(camera) {
    return this.#ask(camera, dayStart(dayKey(Date.now() - DAY_MS)), Date.now());
  }

  /**
   * @param {string} camera
   * @param {number} begin
   * @param {number} end
   */
  async #ask(camera, begin, end) {
    const [from, to] = [begin, end].map((instant) => new Date(instant).toISOString());
    const { days } = await request("api/camera/frames/days", { query: { camera, from, to, tz: ZONE } });
    let isOther = false;
    for (const { date, missed } of days) {
      isOther ||= missed !== (this.days.get(date) ?? 0);
      this.days.set(date, missed);
    }
    return isOther;
  }
}

/** Puts them to what else is known of the days. @param {Map<string, Day>} days @param {Map<string, number>} missed */
export function withMissed(days, missed) {
  for (const [key, count] of missed) {
    if (count) days.set(key, { frames: 0, bytes: 0, ...days.get(key), missed: count });
  }
  return days;
}

/** @param {string} period @returns {[number, number]} */
export function endsOf(period) {
  const isYear = period.length === 4;
  const first = isYear ? `${period}-01` : period;
  const next = monthLater(first, isYear ? 12 : 1);
  return [dayStart(`${first}-01`), dayStart(`${next}-01`)];
}
