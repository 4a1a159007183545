/* <camera-feed camera="camera_1">: a camera's live picture that heals itself, for any page. See docs/camera-feed.md. */

import { createPlayer } from "./player.js";

/** @import { CameraFeedState, CameraFeedTransport } from "./camera-feed.js" */

/** The element as pages use it; camera-feed.d.ts beside this file declares the same for other people's projects. */
export class CameraFeed extends HTMLElement {
  static observedAttributes = ["src", "camera", "quality", "fps", "mode", "link", "alt", "paused"];
  /** @type {CameraFeedState} */
  state = "connecting";
  /** Why it is stale or offline, in words. */
  reason = "";
  /** @type {CameraFeedTransport | null} */
  transport = null;
  /** When the picture that is shown was taken. @type {Date | null} */
  capturedAt = null;
  pictureWidth = 0;
  pictureHeight = 0;
  /** Pictures skipped because they were damaged. */
  undecodable = 0;
  #player = createPlayer(this);

  connectedCallback() {
    this.#player.enterPage();
  }
  disconnectedCallback() {
    this.#player.leavePage();
  }
  attributeChangedCallback() {
    this.#player.reconsider();
  }

  get paused() {
    return (this.getAttribute("paused") ?? "false") !== "false";
  }
  /** Takes what libraries set: true, "", "false", null. */
  set paused(value) {
    this.toggleAttribute("paused", `${value || false}` !== "false");
  }
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }

  /** Painted in the last second; to set it is to set the most that is wanted. */
  get fps() {
    return this.#player.fps;
  }
  set fps(value) {
    this.setAttribute("fps", `${value}`);
  }

  /** How old the picture is that is shown; null where nobody can tell. */
  get ageMs() {
    return this.#player.ageMs;
  }
}

if (!customElements.get("camera-feed")) customElements.define("camera-feed", CameraFeed);
