/* What the page shows, as its address tells it: a view can be kept and sent. Knows no page. */

import { dayKey, dayStart, HOUR_MS, readingOf } from "../shared/time.js";
import { monthStart } from "./dates.js";

/**
 * @typedef {object} View
 * @property {string | null} camera its key; null for the default one
 * @property {string} span of the track: day, week, month, all, or own for days that the viewer has chosen
 * @property {number | null} from where an own span begins, in ms since 1970, as all instants here
 * @property {number | null} to where it ends
 * @property {number | null} at the instant that is shown; null for the newest
 * @property {boolean} daylight whether dark pictures are left out
 * @property {number | null} hour the one that is shown of each day; null for all
 * @property {number | null} with the other instant, where two are compared
 */

const INSTANTS = ["at", "from", "to", "with"];
/** All of less than this is shown by whole hours: on a day's track a few minutes would be one small picture. */
const YOUNG_MS = 6 * HOUR_MS;

/**
 * @param {string} query of the address
 * @returns {View}
 */
export function parseView(query) {
  const given = new URLSearchParams(query);
  const instant = (/** @type {string} */ name) => Date.parse(given.get(name) ?? "") || null;
  const hour = given.get("hour") ?? "";
  return {
    camera: given.get("camera"),
    span: given.get("span") ?? "all",
    from: instant("from"),
    to: instant("to"),
    at: instant("at"),
    daylight: given.has("daylight"),
    hour: /^(1?\d|2[0-3])$/.test(hour) ? Number(hour) : null,
    with: instant("with"),
  };
}

/**
 * The query that leads to a view again.
 * @param {View} view
 */
export function queryOf(view) {
  const query = new URLSearchParams();
  const { from, to, ...lasting } = view;
  for (const [name, value] of Object.entries(view.span === "own" ? { ...lasting, from, to } : lasting)) {
    if (value === null || value === false) continue;
    query.set(name, INSTANTS.includes(name) ? new Date(Number(value)).toISOString() : `${value}`);
  }
  return query;
}

/**
 * The first and the last instant of the track.
 * @param {View} view
 * @param {number | undefined} oldest of the camera's frames
 * @param {number | undefined} newest
 * @param {number} later how many spans on
 * @param {number} now where the view has no instant yet
 * @returns {[number, number]}
 */
export function spanOf({ span, from, to, at }, oldest, newest, later = 0, now = Date.now()) {
  const key = dayKey(at ?? now);
  const days = (/** @type {number} */ first, /** @type {number} */ end) =>
    /** @type {[number, number]} */ ([first, end].map((day) => dayStart(key, day)));
  if (span === "all" && oldest !== undefined && newest !== undefined) {
    const hour = (/** @type {number} */ at) => at - (at % HOUR_MS);
    if (newest - oldest < YOUNG_MS) return [hour(oldest), hour(newest) + HOUR_MS];
    return [dayStart(dayKey(oldest)), dayStart(dayKey(newest), 1)];
  }
  if (span === "own" && from !== null && to !== null && from < to) {
    return [from + later * (to - from), to + later * (to - from)];
  }
  if (span === "month") return [monthStart(key, later), monthStart(key, later + 1)];
  if (span === "day") return days(later, later + 1);
  const monday = 7 * later - ((readingOf(at ?? now).getUTCDay() + 6) % 7);
  return days(monday, monday + 7);
}
