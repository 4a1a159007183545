/* Days and instants by the viewer's own clock, and how they are written. */

/** @typedef {Date | number | string} Instant what Date takes: ms since 1970, or ISO 8601 */

/** The viewer's; days and times of day are meant by it. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Of two digits. @param {number} number */
export const two = (number) => `${number}`.padStart(2, "0");

/** 2026-11-22, of the viewer's calendar. @param {Instant} instant */
export function dayKey(instant) {
  const date = new Date(instant);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * The first instant of a day, in ms since 1970.
 * @param {string} key
 * @param {number} later in days, which may have 23 or 25 hours
 */
export function dayStart(key, later = 0) {
  const [year, month, day] = key.split("-").map(Number);
  return new Date(year, month - 1, day + later).getTime();
}

/** @param {Instant} one @param {Instant} other */
export const isSameDay = (one, other) => dayKey(one) === dayKey(other);

/** Sunday, 22 November 2026. @param {string} key */
export const formatDay = (key) =>
  new Date(dayStart(key)).toLocaleDateString(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });

/** November 2026. @param {string} key of any day in it */
export const formatMonth = (key) =>
  new Date(dayStart(key)).toLocaleDateString(undefined, { month: "long", year: "numeric" });

/** 14:05. @param {Instant} instant @param {boolean} withSeconds */
export const formatTime = (instant, withSeconds = false) =>
  new Date(instant).toLocaleTimeString(undefined, { timeStyle: withSeconds ? "medium" : "short" });

/** 22 Nov 2026. @param {Instant} instant */
export const formatDate = (instant) => new Date(instant).toLocaleDateString(undefined, { dateStyle: "medium" });

/** 22 Nov 2026, 14:05. @param {Instant} instant */
export const formatInstant = (instant) => `${formatDate(instant)}, ${formatTime(instant)}`;

/** 2026-11-22 13:05:00 UTC. @param {Instant} instant */
export const formatUtc = (instant) => `${new Date(instant).toISOString().slice(0, 19).replace("T", " ")} UTC`;

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
