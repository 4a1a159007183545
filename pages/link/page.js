/* The page of a share link: what its camera does, in words, and when the picture was taken. */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { formatInstant, formatTime } from "../shared/time.js";
import * as texts from "../texts.js";

/** @import { CameraFeed } from "../camera-feed/camera-feed.js" */

const state = /** @type {HTMLElement} */ (document.getElementById("state"));
const feed = /** @type {CameraFeed | null} */ (document.querySelector("camera-feed"));
const picture = /** @type {HTMLImageElement | null} */ (document.querySelector("img[data-frame]"));
const video = document.querySelector("video");

function tell() {
  if (!feed?.state) return;
  const words = feed.state === "live" ? texts.linkIsLive : feed.reason;
  const time = feed.capturedAt && formatTime(feed.capturedAt.getTime(), true);
  setText(state, time ? `${words} ${texts.linkPicture(time)}` : words);
}

/** An archived picture: its camera and time, or why there is none. @param {string} address */
async function tellOfFrame(address) {
  const answer = await fetch(address).catch(() => null);
  const frame = await answer?.json().catch(() => null);
  if (answer?.ok) setText(state, `${frame.camera}. ${texts.linkPicture(formatInstant(frame.captured_at))}`);
  else setText(state, answer?.status === 404 ? texts.linkIsGone : (frame?.detail ?? texts.notReached));
}

/** A time-lapse may be an animated picture. @param {HTMLVideoElement} element */
function showAsPicture(element) {
  const animation = make("img", { src: element.src, alt: "" });
  on(animation, "error", () => setText(state, texts.linkIsGone));
  element.replaceWith(animation);
}

if (feed) setInterval(tell, 1_000);
if (picture) tellOfFrame(picture.dataset.frame ?? "");
if (video?.error) showAsPicture(video);
else video?.addEventListener("error", () => showAsPicture(video), { once: true });
