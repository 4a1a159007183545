/* The camera's picture of a year ago today, beside the live one: shown where there is one, and leading to the timeline. */

import { address, request } from "../shared/server.js";
import { formatInstant, HOUR_MS } from "../shared/time.js";

/** @typedef {{ captured_at: string, thumbnail_url: string }} Frame as `api/camera/frames/nearest` tells of it */

/** A picture that is further from the hour is not one of that day. */
const NEAR_MS = 12 * HOUR_MS;

/** The same day and time of the calendar, a year before. @param {number} now in ms since 1970, as the result */
export function yearBefore(now) {
  const date = new Date(now);
  return date.setFullYear(date.getFullYear() - 1);
}

/** The section beside a large camera. */
export class YearAgo {
  /** @type {string | null} */
  #camera = null;
  /** What was found of each camera: it is asked for once a day. @type {Map<string, Promise<Frame | null>>} */
  #found = new Map();
  /** The day of the calendar that all of it is of. */
  #day = "";

  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.link = /** @type {HTMLAnchorElement} */ (section.querySelector("a"));
    this.image = /** @type {HTMLImageElement} */ (section.querySelector("img"));
    this.time = /** @type {HTMLTimeElement} */ (section.querySelector("time"));
  }

  /** Shows that of a camera that has archived frames; of null, nothing. @param {string | null} camera its key */
  async show(camera) {
    const day = new Date().toDateString();
    if (camera === this.#camera && day === this.#day) return;
    if (day !== this.#day) this.#found.clear();
    this.#day = day;
    this.#camera = camera;
    this.section.hidden = true;
    if (!camera) return;
    const frame = await (this.#found.get(camera) ?? this.#ask(camera));
    if (!frame || camera !== this.#camera) return;
    const at = frame.captured_at;
    this.link.href = address("archive", { camera, at });
    this.image.src = address(frame.thumbnail_url);
    this.time.dateTime = at;
    this.time.textContent = formatInstant(at);
    this.section.hidden = false;
  }

  /** @param {string} camera */
  #ask(camera) {
    const at = yearBefore(Date.now());
    const query = { camera, at: new Date(at).toISOString() };
    const found = request("api/camera/frames/nearest", { query }).then(
      (/** @type {Frame} */ frame) => (Math.abs(Date.parse(frame.captured_at) - at) <= NEAR_MS ? frame : null),
      () => {
        this.#found.delete(camera); // asked again when the camera is opened again
        return null;
      },
    );
    this.#found.set(camera, found);
    return found;
  }
}
