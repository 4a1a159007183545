/* Days and instants by the one clock of the installation, whatever the browser's, and how they are written. */

import { Zone } from "./zone.js";

/** @typedef {Date | number | string} Instant what Date takes: ms since 1970, or ISO 8601 */

/** The browser's own. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The installation's, which the server writes into each page; the browser's own where it does not know that one. */
export const clock = zoneOf(globalThis.document?.documentElement.dataset.zone || OWN_ZONE);
/** Days and times of day are meant by it. */
export const ZONE = clock.name;

/** @param {string} name */
function zoneOf(name) {
  try {
    return new Zone(name);
  } catch {
    return new Zone(OWN_ZONE);
  }
}

/** Of two digits. @param {number} number */
export const two = (number) => `${number}`.padStart(2, "0");

/** What the clock shows, in the UTC fields of a date. @param {Instant} instant */
export const readingOf = (instant) => new Date(clock.reading(new Date(instant).getTime()));

/** 2026-11-22. @param {Instant} instant */
export const dayKey = (instant) => readingOf(instant).toISOString().slice(0, 10);

/**
 * The first instant of a day, in ms since 1970.
 * @param {string} key
 * @param {number} later in days, which may have 23 or 25 hours
 */
export const dayStart = (key, later = 0) => clock.instant(Date.parse(`${key}T00:00Z`) + later * DAY_MS);

/** @param {Instant} one @param {Instant} other */
export const isSameDay = (one, other) => dayKey(one) === dayKey(other);

/** @param {Instant} instant @param {Intl.DateTimeFormatOptions} options */
export const written = (instant, options) =>
  new Date(instant).toLocaleString(undefined, { ...options, timeZone: ZONE });

/** 22 Nov. @param {Instant} instant */
export const formatShortDate = (instant) => written(instant, { month: "short", day: "numeric" });

/** 14:05. @param {Instant} instant @param {boolean} withSeconds */
export const formatTime = (instant, withSeconds = false) =>
  written(instant, { timeStyle: withSeconds ? "medium" : "short" });

/** A time of day, with the day unless that is today. @param {Instant} instant @param {boolean} withSeconds */
export function formatMoment(instant, withSeconds = false) {
  const time = formatTime(instant, withSeconds);
  if (isSameDay(instant, Date.now())) return time;
  return `${formatShortDate(instant)}, ${time}`;
}

/** 22 Nov 2026. @param {Instant} instant */
export const formatDate = (instant) => written(instant, { dateStyle: "medium" });

/** 22 Nov 2026, 14:05. @param {Instant} instant */
export const formatInstant = (instant) => `${formatDate(instant)}, ${formatTime(instant)}`;

/** 2026-11-22 13:05:00 UTC. @param {Instant} instant */
export const formatUtc = (instant) => `${new Date(instant).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** For the name of a file: 2026-11-22T14-05-00+0100, with Z where that is UTC. @param {number} instant */
export function fileTime(instant) {
  const minutes = (clock.reading(instant) - instant) / 60_000;
  const offset = Math.abs(minutes);
  const sign = minutes < 0 ? "-" : "+";
  const ending = minutes ? `${sign}${two(Math.floor(offset / 60))}${two(Math.floor(offset % 60))}` : "Z";
  return readingOf(instant).toISOString().slice(0, 19).replace(/:/g, "-") + ending;
}

/**
 * From here to there: with days where it is long, or ends on another day.
 * @param {number} from
 * @param {number} to
 */
export function formatStretch(from, to) {
  const format =
    to - from >= DAY_MS || !isSameDay(from, to - 1) ? formatInstant : (/** @type {number} */ at) => formatTime(at);
  return `${format(from)} – ${format(to)}`;
}
