/* When a feed plays, and what becomes of its pictures. */

import { createAttempts } from "./attempts.js";
import { Connection } from "./connection.js";
import { dismiss, enroll } from "./page-events.js";
import { createReport } from "./report.js";
import { TransportError } from "./server.js";
import { createSource } from "./source.js";
import * as texts from "./texts.js";
import { FIRST_MS, MINUTE_MS, now, patienceMs, STALL_MS, STEADY_MS, TICK_MS } from "./timing.js";
import { createView } from "./view.js";

/** @import { CameraFeed } from "./element.js" */
/** @import { Facts, Picture } from "./picture-decoder.js" */
/** @typedef {ReturnType<typeof createPlayer>} Player */

const SEEN_MARGIN = "200px";
const RESIZE_MS = 400;
/** An element that is moved is taken out and put in again. */
const MOVE_MS = 100;

/**
 * What drives one element.
 * @param {CameraFeed} feed
 */
export function createPlayer(feed) {
  const view = createView(feed);
  const source = createSource(feed, view);
  const report = createReport(feed, view, source);
  /** By what is to be done. @type {Record<string, ReturnType<typeof setTimeout>>} */
  const timers = {};
  /** Undefined until the browser has told. @type {boolean | undefined} */
  let isInView;
  let isAway = document.hidden;
  let turnedAt = 0; // when it last began to play
  let painted = 0; // since the last tick

  const views = new IntersectionObserver((seen) => setInView(seen.at(-1)?.isIntersecting), { rootMargin: SEEN_MARGIN });
  const sizes = new ResizeObserver(() => later("size", RESIZE_MS, adjust));
  const attempts = createAttempts({
    ...source,
    open: (transport, demand) => new Connection(player, transport, source.server, source.camera, demand),
    failed(message) {
      if (message) report.condition.failure = message;
      update();
    },
  });

  /** Once, however often it is asked for meanwhile. @param {string} name @param {number} ms @param {() => void} act */
  function later(name, ms, act) {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(act, ms);
  }

  const update = () => report.update(attempts.current, turnedAt, isAway || isInView === false);

  /** How long nothing came; a page that was hidden needed to hear nothing. */
  const quietMs = () => now() - Math.max(attempts.current?.heardAt ?? 0, turnedAt);

  /** Whether pictures still come. Where one is late before the next tick, it is told right then. */
  function look() {
    const { current } = attempts;
    const limit = current?.isProven ? patienceMs(current.demand.fps) : FIRST_MS;
    if (current && !document.hidden && quietMs() > limit) {
      attempts.connectionLost(current, new TransportError(texts.noPicture));
    }
    update();
    const left = limit - now() + report.condition.paintedAt;
    if (left > 0 && left < TICK_MS) later("look", left, look);
  }

  async function adjust() {
    if (await attempts.adjust()) restart();
  }

  /** Plays or gives its connection back, as it may; and begins anew when it is to show something else. */
  function settle() {
    if (source.reread()) {
      attempts.stopAll();
      attempts.forgive();
      report.renew();
    }
    if (!feed.isConnected || !isInView || isAway || feed.paused) attempts.stopAll();
    else if (!attempts.isUnderWay) {
      turnedAt = now();
      attempts.begin();
    }
    update();
  }

  function restart() {
    attempts.stopAll();
    settle();
  }

  /** @param {boolean | undefined} value */
  function setInView(value) {
    isInView = value;
    settle();
  }

  /** There are pictures, or words of the server in their place. @param {Connection} connection */
  function prove(connection) {
    report.condition.failure = "";
    attempts.prove(connection);
  }

  /**
   * Whether the picture came for another feed of the same camera, which wants more of them.
   * @param {Connection} connection
   */
  function isExtra({ subscription, demand: { fps } }) {
    if (!fps || !subscription || subscription.demand().fps === fps) return false;
    return now() - report.condition.paintedAt < 900 / fps;
  }

  /** Asks the server how it goes. @param {boolean} isLive */
  async function ask(isLive) {
    const { condition } = report;
    condition.askedAt = now();
    condition.noteStatus(await source.server.status(source.camera).catch(() => ({})), isLive, Date.now());
  }

  const player = {
    view,
    /** Pictures painted in the last second. */
    fps: 0,
    connectionLost: attempts.connectionLost,

    /** How old the picture is that is shown, by the server's measure where ours is wrong. */
    get ageMs() {
      const { capturedAt } = feed;
      return capturedAt && Math.max(0, Date.now() - capturedAt.getTime() - report.condition.clockError);
    },

    /** The element was put into the page. */
    enterPage() {
      enroll(player);
      views.observe(feed);
      sizes.observe(feed);
      const { top, bottom, left, right, width } = feed.getBoundingClientRect();
      // The observer says so some frames later.
      if (width && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth) isInView = true;
      settle();
    },

    /** The element was taken out of it. */
    leavePage() {
      later("leave", MOVE_MS, () => {
        if (feed.isConnected) return;
        dismiss(player);
        views.disconnect();
        sizes.disconnect();
        setInView(undefined);
        Object.values(timers).forEach(clearTimeout);
      });
    },

    /** An attribute was set, or the viewer asked for less motion. */
    reconsider() {
      later("change", 0, () => {
        settle();
        adjust();
      });
    },

    /** @param {boolean} isHidden whether the page is */
    setAway(isHidden) {
      later("away", isHidden ? STEADY_MS : 0, () => {
        isAway = isHidden;
        settle();
      });
      if (isHidden) return;
      turnedAt = now();
      player.hurry();
    },

    /** A connection may be had now that could not be had before. */
    hurry() {
      if (attempts.current?.isProven && quietMs() < STALL_MS / 2) return;
      attempts.forgive();
      restart();
    },

    /** Once a second. */
    tick() {
      player.fps = painted;
      painted = 0;
      look();
      report.tick();
    },

    /**
     * A connection's decoder has a picture.
     * @param {Connection} connection
     * @param {Picture | null} picture null where it could not be decoded
     * @param {Facts} facts
     */
    showPicture(connection, picture, { takenAt, receivedAt, isLive }) {
      if (!attempts.isInUse(connection)) return;
      if (!picture) {
        feed.undecodable++;
        return;
      }
      const { condition } = report;
      const isTurn = condition.isMarked === isLive;
      if (isExtra(connection) && !isTurn) return;
      prove(connection);
      condition.paintedAt = now();
      painted++;
      view.paint(picture);
      condition.notePicture(isLive, takenAt, receivedAt);
      if (isTurn || now() - condition.askedAt > MINUTE_MS) ask(isLive);
      update();
      const { width, height } = view.canvas;
      report.tell("picture", { capturedAt: feed.capturedAt, width, height });
    },

    /**
     * There is no picture, and the server says why.
     * @param {Connection} connection
     * @param {string} reason
     */
    miss(connection, reason) {
      if (connection !== attempts.current) return;
      connection.decoder.heardAt = now();
      prove(connection);
      report.condition.trouble = reason;
      update();
    },
  };
  return player;
}
