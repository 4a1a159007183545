/* What the live page says of a camera: its state and what to do about it, times, facts. */

import { countWords, timeWords } from "./server.js";

const TITLES = {
  live: "Live",
  idle: "Ready",
  connecting: "Connecting…",
  frozen: "Frozen",
  stalled: "Stalled",
  offline: "Offline",
  unauthorized: "No access",
  disabled: "Switched off",
  unknown: "No news",
};
// Where the camera's last error isn't what there is to say.
const ADVICE = {
  disabled: "Set CAMERA_ENABLED=true to switch it on.",
  unknown: "The service that reads the cameras can't be reached. Check that ingest runs.",
};

/** A time of day, with the day unless that is today. */
export function momentWords(moment, withSeconds) {
  const date = new Date(moment);
  const day = date.toDateString() === new Date().toDateString() ? "" : `${date.toLocaleDateString(undefined, { month: "short", day: "numeric" })}, `;
  return day + timeWords(date, withSeconds);
}

export const utcWords = (moment) => `${new Date(moment).toISOString().slice(0, 19).replace("T", " ")} UTC`;

export function durationWords(seconds) {
  const [size, unit] = [[86_400, "days"], [3_600, "h"], [60, "min"], [0.5, "s"]].find(([size, unit]) => seconds >= (unit === "h" ? 1 : 2) * size) ?? [0.001, "ms"];
  return `${Math.round(seconds / (unit === "s" ? 1 : size))} ${unit}`;
}

export function factWords({ ageMs, fps, state }, device) {
  const age = ageMs != null && `${durationWords(ageMs / 1000)} old`;
  const viewers = device?.state && countWords(device.viewer_count, "viewer");
  return [age, state === "live" && `${Math.round(fps)} fps`, viewers].filter(Boolean).join(" · ");
}

export const isSending = (device) => ["live", "idle"].includes(device?.state);

/** `state` for the colours, `title` and `detail` in words. */
export function describe(feed, device, isReachable) {
  const at = feed.capturedAt && `The picture is from ${momentWords(feed.capturedAt, true)}.`;
  if (feed.state === "paused") return { state: "paused", title: "Paused", detail: at ?? "" };
  if (!isReachable) return { state: "offline", title: "Not reached", detail: at ?? "" };
  if (feed.state === "live") return { state: "live", title: "Live", detail: "" };
  if (device?.state && !isSending(device)) {
    const { state, since, last_error: error } = device;
    const title = TITLES[state] ?? state;
    const isDated = !["connecting", "unknown"].includes(state);
    return { state, title: isDated ? `${title} since ${momentWords(since)}` : title, detail: ADVICE[state] ?? error ?? feed.reason };
  }
  // The camera is well, as far as is known: the way from there to here is not, or nobody looks.
  if (feed.state === "hidden" && device?.state) return { state: device.state, title: TITLES[device.state], detail: "" };
  return { state: "connecting", title: feed.reason ? "Reconnecting…" : "Connecting…", detail: feed.reason };
}

/** Names and values; what isn't known is left out. */
export function detailWords({ ageMs, fps, pictureWidth, pictureHeight, transport }, device) {
  const { width, height, bits_per_second: bits } = device;
  return [
    ["Age", ageMs != null && durationWords(ageMs / 1000)],
    ["Shown", transport && `${pictureWidth} × ${pictureHeight}, ${fps} fps`],
    ["Camera", width && `${width} × ${height}, ${device.fps?.toFixed(1) ?? "–"} fps`],
    ["Codec", device.codec],
    ["Bit rate", bits && `${(bits / 1e6).toFixed(2)} Mbit/s`],
    ["Viewers", device.viewer_count],
    ["Reconnects", device.reconnects],
    ["Transport", transport],
  ].filter(([, value]) => value || value === 0);
}
