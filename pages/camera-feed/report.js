/* What a feed tells of itself: its properties, its events, the words over the picture and those for screen readers. */

import { Condition } from "./condition.js";
import * as texts from "./texts.js";
import { now, patienceMs } from "./timing.js";

/** @import { Connection } from "./connection.js" */
/** @import { CameraFeed } from "./element.js" */
/** @import { Source } from "./source.js" */
/** @import { View } from "./view.js" */

/**
 * What one element tells.
 * @param {CameraFeed} feed
 * @param {View} view
 * @param {Source} source
 */
export function createReport(feed, view, source) {
  const nameOfFeed = () => feed.getAttribute("alt") ?? texts.nameOf(source.camera);

  const report = {
    condition: new Condition(),

    /** Another camera is to be shown. */
    renew() {
      report.condition = new Condition(report.condition.clockError);
      view.clear();
    },

    /**
     * Brings what is shown and told in line with what is known.
     * @param {Connection | null} connection in use
     * @param {number} turnedAt when the feed last began to play
     * @param {boolean} isHidden whether nobody can see it
     */
    update(connection, turnedAt, isHidden) {
      const { condition } = report;
      const { shown, isMarked } = condition;
      const isPaused = feed.paused;
      const moment = { now: now(), isPaused, isHidden, patienceMs: patienceMs(connection?.demand.fps), turnedAt };
      const before = feed.state;
      const [state, reason] = condition.standing(moment);
      const isNew = reason !== feed.reason || state !== before;
      feed.state = state;
      feed.reason = reason;
      feed.transport = connection?.isProven ? connection.transport : null;
      feed.capturedAt = shown?.takenAt ? new Date(shown.takenAt) : null;
      feed.pictureWidth = view.canvas.width;
      feed.pictureHeight = view.canvas.height;
      const isOld = state === "stale" || state === "offline";
      const words = condition.words(state, reason);
      const name = nameOfFeed();
      view.describe(isOld ? `${name}. ${words}` : name, isMarked && state === "stale" ? "" : words, isOld && !isMarked);
      view.showState(state);
      if (!isNew) return;
      report.tell("statechange", { state, reason });
      if (state !== before && (isOld || state === "live")) {
        report.tell(state, { camera: source.camera || undefined, reason });
      }
    },

    /** What changes with time alone. */
    tick() {
      const { state, reason, ageMs } = feed;
      const { condition } = report;
      view.say(`${nameOfFeed()}: ${state === "live" ? texts.live : condition.words(state, reason)}`);
      const isShown = ageMs !== null && !condition.isMarked && !feed.hasAttribute("hide-age");
      view.showAge(isShown ? texts.ageWords(ageMs) : "");
    },

    /** @param {string} type @param {object} detail */
    tell(type, detail) {
      feed.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    },
  };
  return report;
}
