/* The facts of a large camera, one below the other. */

import { make } from "../shared/dom.js";
import { saidOf } from "../shared/fault.js";
import { formatRoughly } from "../shared/rough-lengths.js";
import * as texts from "../texts.js";

/** @import { CameraFeed } from "../camera-feed/camera-feed.js" */
/** @import { Device } from "../live/description.js" */

/** @param {HTMLElement} section @param {CameraFeed} feed @param {Partial<Device>} device */
export function showDetails(section, feed, device) {
  const rows = detailRows(feed, device).map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, `${value}`)),
  );
  section.querySelector("dl")?.replaceChildren(...rows);
}

/**
 * Names and values; what isn't known is left out.
 * @param {Pick<CameraFeed, "ageMs" | "fps" | "pictureWidth" | "pictureHeight" | "transport">} feed
 * @param {Partial<Device>} device
 * @returns {[string, string | number][]}
 */
export function detailRows({ ageMs, fps, pictureWidth, pictureHeight, transport }, device) {
  const { width, height, bits_per_second: bits } = device;
  const rate = device.fps?.toFixed(1) ?? "–";
  /** @type {[string, string | number | false | null | undefined][]} */
  const rows = [
    [texts.age, ageMs != null && formatRoughly(ageMs / 1_000)],
    [texts.shown, transport && `${pictureWidth} × ${pictureHeight}, ${texts.picturesPerSecond(fps)}`],
    [texts.camera, width && `${width} × ${height}, ${rate} fps`],
    [texts.codec, device.codec],
    [texts.bitRate, bits && texts.megabits((bits / 1e6).toFixed(2))],
    [texts.viewersLabel, device.viewer_count],
    [texts.reconnects, device.reconnects],
    [texts.transport, transport],
    [texts.said, saidOf(device.last_error)],
  ];
  return /** @type {[string, string | number][]} */ (rows.filter(([, value]) => value || value === 0));
}
