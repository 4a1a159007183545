/* What is said of a time-lapse. Knows no page. */

import { formatPlayingTime, formatSize } from "../shared/quantities.js";
import { formatDate } from "../shared/time.js";
import * as texts from "../texts.js";

/**
 * A time-lapse as the server tells of it, with what it was asked for.
 * @typedef {object} Timelapse
 * @property {string} id
 * @property {"queued" | "rendering" | "done" | "failed"} state
 * @property {Order} request
 * @property {string | null} file_url
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

/** @param {Timelapse} lapse */
export function noteOf(lapse) {
  const { state, frames, done, skipped, width, height, bytes, expires_at: until, error } = lapse;
  const length = formatPlayingTime(lapse.length_seconds);
  if (state === "queued") return texts.lapseWaits(length);
  if (state === "rendering") return texts.lapseIsMade(done, frames, skipped);
  if (state === "failed") return texts.lapseFailed(`${error}`);
  const note = texts.lapseIsDone(length, `${width} × ${height}`, formatSize(bytes), skipped);
  return until ? note + texts.keptUntil(formatDate(until)) : note;
}

/** @param {Order} order */
export function titleOf({ camera, from, to, daily_at: time }) {
  const first = formatDate(from);
  const last = formatDate(Date.parse(to) - 1);
  const days = first === last ? first : `${first} – ${last}`;
  return `${camera}, ${days}${time ? texts.dailyAt(time.slice(0, 5)) : ""}`;
}
