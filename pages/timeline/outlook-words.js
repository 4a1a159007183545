/* What is said of a camera's archive: what it takes, and what will be deleted of it. Knows no page. */

import { formatSize } from "../shared/quantities.js";
import { formatDate } from "../shared/time.js";
import * as texts from "../texts.js";

/** How far ahead it is told. */
export const DAYS = 30;

/**
 * Some frames that will go.
 * @typedef {{ why: string, frames: number, oldest_at: string, newest_at: string, first_goes_at: string }} Deletion
 *
 * A camera as `api/camera/retention` tells of it.
 * @typedef {{ camera: string, bytes: number, kept_frames: number, kept_bytes: number, bytes_a_year: number,
 *   deletions: Deletion[] }} CameraRetention
 */

/**
 * In a few sentences.
 * @param {Omit<CameraRetention, "camera">} retention of the camera
 * @param {string} name of the camera
 */
export function outlookWords(
  { bytes, bytes_a_year: aYear, kept_frames: kept, kept_bytes: keptBytes, deletions },
  name,
) {
  const taking = aYear ? texts.takesAYear(formatSize(aYear)) : texts.takesNow(formatSize(bytes));
  const going = deletions.map((each) => deletionWords(each, name)).join("; ");
  const words = going ? texts.someWillGo(taking, DAYS, going) : texts.nothingWillGo(taking, DAYS);
  return kept ? `${words} ${texts.keptStay(kept, formatSize(keptBytes))}` : words;
}

/** @param {Deletion} deletion @param {string} name */
function deletionWords({ why, frames, oldest_at: oldest, newest_at: newest, first_goes_at: at }, name) {
  const [first, last] = [oldest, newest].map(formatDate);
  const stretch = first === last ? first : `${first} – ${last}`;
  return texts.deletionOf(frames, name, stretch, formatDate(at), why === "age");
}
