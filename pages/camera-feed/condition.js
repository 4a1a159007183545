/* What is known of a feed's picture, and the state and words that follow from it. Knows no element and no clock. */

import { Lag } from "./lag.js";
import * as texts from "./texts.js";
import { BEHIND_MS, STALL_MS } from "./timing.js";

/**
 * Where the moment's facts come from.
 * @typedef {object} Moment
 * @property {number} now in ms, as performance.now() has it
 * @property {boolean} isPaused
 * @property {boolean} isHidden nobody can see the feed
 * @property {number} patienceMs how old a live picture may be
 * @property {number} turnedAt when it last began to play
 */

/** What is known of the picture of one camera. Time is passed in. */
export class Condition {
  /** Why nothing can be had; empty once a picture came. */
  failure = "";
  /** Why the camera gives no live picture. */
  trouble = "";
  /** Whether the server's own picture of that trouble is on the canvas. */
  isMarked = false;
  /** The last live picture. @type {{ takenAt: number | null, receivedAt: number } | null} */
  shown = null;
  /** When a picture was last painted. */
  paintedAt = -Infinity;
  /** How late the last live picture came, whatever the server says. */
  behindMs = 0;
  #lag = new Lag();
  /** When the server was last asked how it goes. */
  askedAt = -Infinity;

  /** @param {number} clockError ms that our clock is ahead of the captures' */
  constructor(clockError = 0) {
    this.clockError = clockError;
  }

  /**
   * A picture was painted, at `paintedAt`.
   * @param {boolean} isLive
   * @param {number | null} takenAt
   * @param {number} receivedAt
   */
  notePicture(isLive, takenAt, receivedAt) {
    this.isMarked = !isLive;
    if (isLive) {
      this.trouble = "";
      this.shown = { takenAt, receivedAt };
      this.behindMs = takenAt === null ? 0 : this.#lag.note(takenAt, this.paintedAt);
    } else this.trouble ||= texts.noLivePicture;
  }

  /**
   * Takes the server's word on why there is no picture, or else on how old the newest is. That tells how wrong our
   * clock is.
   * @param {{ state?: string, last_error?: string | null, frame_age_seconds?: number | null }} status
   * @param {boolean} isLive whether the picture was live that led to the question
   * @param {number} time now, in ms since 1970
   */
  noteStatus({ state, last_error: error, frame_age_seconds: seconds }, isLive, time) {
    if (state && !isLive && this.isMarked) this.trouble = error || texts.cameraIs(state);
    if (seconds == null || !isLive || !this.shown?.takenAt) return;
    const ahead = time - 1_000 * seconds - this.shown.takenAt;
    this.clockError = Math.abs(ahead) < 1_000 ? 0 : ahead;
  }

  /**
   * The state and, where something is wrong, the reason.
   * @param {Moment} moment
   * @returns {[import("./camera-feed.js").CameraFeedState, string]}
   */
  standing({ now, isPaused, isHidden, patienceMs, turnedAt }) {
    if (isPaused) return ["paused", ""];
    if (isHidden) return ["hidden", ""];
    if (this.failure) return ["offline", this.failure];
    if (this.trouble) return ["stale", this.trouble];
    if (now - this.paintedAt < patienceMs) {
      return this.behindMs < BEHIND_MS ? ["live", ""] : ["stale", texts.behind(this.behindMs)];
    }
    return this.shown && now - turnedAt > STALL_MS ? ["stale", texts.noPicture] : ["connecting", ""];
  }

  /**
   * What is to be read over the picture.
   * @param {string} state
   * @param {string} reason
   */
  words(state, reason) {
    const text = state === "connecting" ? texts.connecting : state === "paused" ? texts.paused : reason;
    if (!this.shown || !text.endsWith(".")) return text;
    return texts.withLastPicture(text, new Date(this.shown.receivedAt).toLocaleTimeString());
  }
}
