/* What the live page says of a camera: its state and what to do about it, times, facts. */

import { faultOf } from "../shared/fault.js";
import { formatRoughly } from "../shared/rough-lengths.js";
import { formatMoment } from "../shared/time.js";
import * as texts from "../texts.js";

/** @import { CameraFeed } from "../camera-feed/camera-feed.js" */

/**
 * A camera as `api/devices` tells of it. One that is remembered from the last visit, or that the address names, has
 * only some of the members.
 * @typedef {object} Device
 * @property {string} key
 * @property {string} [name]
 * @property {boolean} [is_default]
 * @property {string} [source]
 * @property {string} [state]
 * @property {string} [since]
 * @property {string | null} [last_error]
 * @property {string[]} [notices]
 * @property {number | null} [width]
 * @property {number | null} [height]
 * @property {number[]} [widths]
 * @property {number | null} [fps]
 * @property {string | null} [codec]
 * @property {number | null} [bits_per_second]
 * @property {number} [viewer_count]
 * @property {number} [reconnects]
 * @property {number} [capture_interval_seconds]
 *
 * `state` is for the colours, `title` and `detail` are words; the first are few, the others lie over the picture. `since`
 * is a time in words.
 * @typedef {{ state: string, title: string, detail: string, since?: string }} Description
 *
 * One camera or all of them, as the bar below the pictures has it.
 * @typedef {{ name: string, words: Description, factWords?: string, factTitle?: string, device?: Device }} Subject
 */

/** The camera gives pictures, or would if somebody looked. @param {Device | undefined} device */
export const isSending = (device) => device?.state === "live" || device?.state === "idle";

/**
 * What is to be said, from what the element sees and what the server says.
 * @param {Pick<CameraFeed, "state" | "reason" | "capturedAt">} feed
 * @param {Device | undefined} device
 * @param {boolean} isReachable whether the server answers
 * @returns {Description}
 */
export function describe(feed, device, isReachable) {
  const from = feed.capturedAt ? texts.lastPicture(formatMoment(feed.capturedAt, true)) : "";
  if (feed.state === "paused") return { state: "paused", title: texts.paused, detail: from };
  if (!isReachable) return { state: "offline", title: texts.serverNotReached, detail: from };
  if (feed.state === "live") return { state: "live", title: texts.cameraStates.live, detail: "" };
  if (device?.state && !isSending(device)) return describeTrouble(device, device.state, feed.reason);
  // The camera is well, as far as is known: the way from there to here is not, or nobody looks.
  if (feed.state === "hidden" && device?.state) {
    return { state: device.state, title: titleOf(device.state), detail: "" };
  }
  return { state: "connecting", title: feed.reason ? texts.reconnecting : texts.connecting, detail: feed.reason };
}

/** @param {Device} device @param {string} state @param {string} reason */
function describeTrouble({ since, last_error: error }, state, reason) {
  const isDated = since !== undefined && state !== "connecting" && state !== "unknown";
  /** @type {Record<string, string>} */
  const advice = texts.cameraAdvice;
  const detail = advice[state] ?? faultOf(error ?? reason);
  return { state, title: titleOf(state), detail, ...(isDated && { since: formatMoment(since) }) };
}

/** @param {string} state */
function titleOf(state) {
  /** @type {Record<string, string>} */
  const titles = texts.cameraStates;
  return titles[state] ?? state;
}

/** States that are no reason to worry. */
const WELL = ["live", "idle", "connecting", "disabled"];

/**
 * All cameras as one.
 * @param {{ name: string, words: Description }[]} tiles
 * @param {boolean} isPaused
 * @returns {Subject}
 */
export function summary(tiles, isPaused) {
  const troubled = tiles.filter(({ words }) => !WELL.includes(words.state)).map(({ name }) => name);
  const name = texts.allCameras(tiles.length);
  if (isPaused) return { name, words: { state: "paused", title: texts.paused, detail: "" } };
  if (!troubled.length) return { name, words: { state: "live", title: texts.allLive, detail: "" } };
  return { name, words: { state: "offline", title: texts.notLive(troubled), detail: "" } };
}

/**
 * In one line: how old the picture is, how many come, for how many if there are others; or since when none comes.
 * @param {Pick<CameraFeed, "ageMs" | "fps" | "state">} feed
 * @param {Device | undefined} device
 * @param {string} [since] in words
 */
export function factsLine({ ageMs, fps, state }, device, since) {
  if (since) return texts.since(since);
  const age = ageMs != null && texts.old(formatRoughly(ageMs / 1_000));
  const whole = Math.round(fps);
  const rate = state === "live" && whole > 0 && texts.picturesPerSecond(whole);
  const count = device?.viewer_count ?? 0;
  const viewers = count > 1 && texts.viewers(count);
  return [age, rate, viewers].filter(Boolean).join(" · ");
}
