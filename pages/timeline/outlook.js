/* What the camera's archive takes, and what retention will delete of it. */

import { setText } from "../shared/dom.js";
import { request } from "../shared/server.js";
import { page } from "./elements.js";
import { DAYS, outlookWords } from "./outlook-words.js";

/** @import { CameraRetention } from "./outlook-words.js" */

/**
 * Asks for it, and says it below the track. Where nobody answers nothing is said: the rest of the page tells why.
 * @param {string} camera its key
 * @param {string} name
 */
export async function showOutlook(camera, name) {
  const answer = await request("api/camera/retention", { query: { days: DAYS } }).catch(() => null);
  const found = answer?.cameras.find((/** @type {CameraRetention} */ each) => each.camera === camera);
  setText(page.outlook, found ? [outlookWords(found, name), ...answer.unmet_limits].join(" ") : "");
}
