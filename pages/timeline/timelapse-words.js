/* What is said of a time-lapse. Knows no page. */

import { formatNumber, formatSize } from "../shared/quantities.js";
import { formatDate } from "../shared/time.js";
import * as texts from "../texts.js";

/**
 * A time-lapse as the server tells of it, with what it was asked for.
 * @typedef {object} Timelapse
 * @property {string} id
 * @property {string} camera
 * @property {"queued" | "rendering" | "done" | "failed"} state
 * @property {Order | null} request null when its record was lost
 * @property {string | null} [schedule] the entry that made it by itself
 * @property {boolean} [recovered] whether its record was lost
 * @property {string | null} file_url
 * @property {string | null} [poster_url]
 * @property {string} created_at
 * @property {string} format
 * @property {number} frames
 * @property {number} done
 * @property {number} skipped
 * @property {number} progress from 0 to 1
 * @property {number} length_seconds
 * @property {number} width
 * @property {number} height
 * @property {number} bytes
 * @property {string | null} [expires_at]
 * @property {string | null} [error]
 *
 * @typedef {{ camera: string, from: string, to: string, daily_at: string | null, format: string }} Order
 */

/** @param {Pick<Timelapse, "state">} lapse */
export const isBusy = ({ state }) => state === "queued" || state === "rendering";

/** How long a film plays: 12.5 s, 1 min 30 s. @param {number} seconds */
export function formatPlayingTime(seconds) {
  if (seconds < 60) return `${formatNumber(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** @param {Timelapse} lapse */
export function noteOf(lapse) {
  const { state, frames, done, skipped, width, height, bytes, expires_at: until, error } = lapse;
  const length = formatPlayingTime(lapse.length_seconds);
  if (state === "queued") return texts.lapseWaits(length);
  if (state === "rendering") return texts.lapseIsMade(done, frames, skipped);
  if (state === "failed") return texts.lapseFailed(`${error}`);
  let note = width
    ? texts.lapseIsDone(length, `${width} × ${height}`, formatSize(bytes), skipped)
    : `${formatSize(bytes)}.`;
  if (lapse.schedule) note += texts.madeByItself(lapse.schedule);
  if (lapse.recovered) note += texts.recordWasLost;
  return until ? note + texts.keptUntil(formatDate(until)) : note;
}

/** @param {Pick<Timelapse, "camera" | "request" | "created_at">} lapse @param {string} name of its camera */
export const nameOf = ({ camera, request, created_at: at }, name = camera) =>
  request ? titleOf(request, name) : texts.lapseOfUnknownDays(name, formatDate(at));

/**
 * The days up to now that a time-lapse is to show.
 * @param {number} days
 * @param {number} now in ms since 1970
 */
export const lastDays = (days, now) => ({
  from: new Date(now - days * 86_400_000).toISOString(),
  to: new Date(now).toISOString(),
});

/** The ending of the video's name. @param {Pick<Timelapse, "format">} lapse */
export const endingOf = ({ format }) => (format === "webm" || format === "webp" ? format : "mp4");

/** @param {Order} order @param {string} name of its camera */
export function titleOf({ camera, from, to, daily_at: time }, name = camera) {
  const first = formatDate(from);
  const last = formatDate(Date.parse(to) - 1);
  const days = first === last ? first : `${first} – ${last}`;
  return `${name}, ${days}${time ? texts.dailyAt(time.slice(0, 5)) : ""}`;
}
