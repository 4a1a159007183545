/* Days, months and hours as the timeline needs them and nobody else. */

import { clock, DAY_MS, dayStart, HOUR_MS, written } from "../shared/time.js";

/** @import { Instant } from "../shared/time.js" */

/** When the clock shows what is in the UTC fields. @param {Date} reading */
export const instantOfReading = (reading) => clock.instant(reading.getTime());

/** The same time of day, some days later or earlier. @param {number} instant @param {number} days */
export const daysLater = (instant, days) => clock.instant(clock.reading(instant) + days * DAY_MS);

/** The hour that the clock shows, from 0 to 23. @param {number} instant */
export const hourOf = (instant) => Math.floor(clock.reading(instant) / HOUR_MS) % 24;

/**
 * The first instant of a month.
 * @param {string} key of any day in it
 * @param {number} later in months
 */
export function monthStart(key, later = 0) {
  const [year, month] = key.split("-").map(Number);
  return clock.instant(Date.UTC(year, month - 1 + later, 1));
}

/** Sunday, 22 November 2026. @param {string} key */
export const formatDay = (key) =>
  written(dayStart(key), { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** November 2026. @param {string} key of any day in it */
export const formatMonth = (key) => written(dayStart(key), { month: "long", year: "numeric" });

/** Nov 2026. @param {Instant} instant */
export const formatShortMonth = (instant) => written(instant, { month: "short", year: "numeric" });

/** Nov. @param {string} key of any day in it */
export const monthName = (key) => written(dayStart(key), { month: "short" });

/** Sun. @param {string} key */
export const weekdayName = (key) => written(dayStart(key), { weekday: "short" });

/** 14:00, on any day. @param {number} hour */
export const formatHour = (hour) =>
  new Date(hour * HOUR_MS).toLocaleTimeString(undefined, { timeStyle: "short", timeZone: "UTC" });
