/* When the next picture is due, where the archive does not take them all day. Knows no page. */

import { request } from "../shared/server.js";
import { formatInstant, formatTime, HOUR_MS, isSameDay } from "../shared/time.js";
import * as texts from "../texts.js";

/**
 * A camera's capturing, as `api/camera/frames/capturing` tells of it.
 * @typedef {{ camera: string, interval_seconds: number | null, capture_when: string, is_due: boolean,
 *   next_at: string | null, next_at_is: string | null }} Capturing
 */

/** The rule of most archives, which need not be asked again for an hour. */
const ALWAYS = "always";
let alwaysUntil = 0;

/** @param {string} camera @returns {Promise<string>} what is to be said; empty while pictures are due */
export async function askDue(camera) {
  if (Date.now() < alwaysUntil) return "";
  /** @type {{ cameras: Capturing[] }} */
  const { cameras } = await request("api/camera/frames/capturing");
  const isAlways = cameras.length > 0 && cameras.every(({ capture_when: when }) => when === ALWAYS);
  alwaysUntil = isAlways ? Date.now() + HOUR_MS : 0;
  return dueWords(cameras.find((each) => each.camera === camera));
}

/** @param {Capturing | undefined} capturing @param {number} now */
export function dueWords(capturing, now = Date.now()) {
  if (!capturing?.interval_seconds || capturing.is_due) return "";
  const { next_at: at, next_at_is: word } = capturing;
  if (!at) return texts.noNextPicture;
  const time = isSameDay(at, now) ? formatTime(at) : formatInstant(at);
  return texts.nextPicture(word ? `${word} ${time}` : time);
}
