/* The page of a share link: what its camera does, in words, and when the picture was taken. */

import { setText } from "../shared/dom.js";
import { formatTime } from "../shared/time.js";
import * as texts from "../texts.js";

/** @import { CameraFeed } from "../camera-feed/camera-feed.js" */

const state = /** @type {HTMLElement} */ (document.getElementById("state"));
const feed = /** @type {CameraFeed | null} */ (document.querySelector("camera-feed"));

function tell() {
  if (!feed?.state) return;
  const words = feed.state === "live" ? texts.linkIsLive : feed.reason;
  const time = feed.capturedAt && formatTime(feed.capturedAt.getTime(), true);
  setText(state, time ? `${words} ${texts.linkPicture(time)}` : words);
}

if (feed) setInterval(tell, 1_000);
