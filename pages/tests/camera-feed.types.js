/*
 * How a project in TypeScript uses the element. It is never run: tsc checks it, and that the declarations are true of
 * the element. A line below "@ts-expect-error" must not be right.
 */

/** @import * as Declared from "../camera-feed/camera-feed.js" */
/** @import * as Written from "../camera-feed/element.js" */

/** @param {Written.CameraFeed} written @returns {Declared.CameraFeed} */
export const isAsDeclared = (written) => written;

const feed = document.createElement("camera-feed");
feed.paused = true;
feed.fps = 5;
feed.resume();

/** @type {Declared.CameraFeedAttributes} */
export const attributes = { camera: "garden", quality: 640, mode: "websocket", paused: "", "hide-age": true };

/** @type {number | null} */
export const age = feed.ageMs;

feed.addEventListener("statechange", ({ detail }) => {
  if (detail.state === "stale") console.warn(detail.reason);
  // @ts-expect-error there is no such state
  if (detail.state === "gone") console.warn(detail.reason);
});
feed.addEventListener("picture", ({ detail: { capturedAt, width } }) => console.log(capturedAt?.getTime(), width / 2));
feed.addEventListener("click", (event) => event.preventDefault());
document.querySelector("camera-feed")?.pause();

// @ts-expect-error what it is in is not for others to set
feed.state = "live";
// @ts-expect-error a mode of that name there is not
/** @type {Declared.CameraFeedAttributes} */ export const wrong = { mode: "rtsp" };
