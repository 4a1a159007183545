/* How a feed comes by its pictures: which connection is in use, which one is tried next, and when it is tried again. */

import { isSame } from "./demand.js";
import * as timing from "./timing.js";
import { now } from "./timing.js";

/** @import { Connection } from "./connection.js" */
/** @import { Demand } from "./demand.js" */
/** @import { TransportError } from "./server.js" */
/** @import { Transport } from "./transports.js" */

/**
 * What the attempts need to know of the feed.
 * @typedef {object} Host
 * @property {() => Promise<Demand>} demandNow
 * @property {() => Transport[]} transportsNow that may be tried now, the best first
 * @property {(transport: Transport, demand: Demand) => Connection} open
 * @property {(message: string) => void} failed nothing can be had, and why
 */

/**
 * The attempts of one feed.
 * @param {Host} host
 */
export function createAttempts({ demandNow, transportsNow, open, failed }) {
  /** One object for each attempt to play, from its beginning; null while the feed rests. @type {object | null} */
  let turn = null;
  /** In use. @type {Connection | null} */
  let current = null;
  /** A better one, until its first picture. @type {Connection | null} */
  let trial = null;
  /** Those to try yet. @type {Transport[]} */
  let ladder = [];
  let upgradeMs = timing.UPGRADE_MS;
  let failures = 0; // in a row
  let wasRefused = false;
  /** @type {ReturnType<typeof setTimeout>} */
  let retrying;
  /** @type {ReturnType<typeof setTimeout>} */
  let upgrading;

  async function begin() {
    const own = {};
    turn = own;
    const demand = await demandNow();
    if (own !== turn) return;
    ladder = transportsNow();
    connect(demand);
  }

  /** By the next transport. @param {Demand} demand */
  function connect(demand) {
    current = open(/** @type {Transport} */ (ladder.shift()), demand);
  }

  function stopAll() {
    clearTimeout(retrying);
    clearTimeout(upgrading);
    const connections = [current, trial];
    turn = null;
    current = null;
    trial = null;
    for (const connection of connections) connection?.end();
  }

  /** Tries the best transport again, unless it is in use or may not be. */
  function upgradeLater() {
    const [best] = transportsNow();
    if (!current || best !== "websocket" || current.transport === best) return;
    clearTimeout(upgrading);
    upgrading = setTimeout(() => {
      if (current) trial = open(best, current.demand);
    }, upgradeMs);
    upgradeMs = Math.min(2 * upgradeMs, timing.LONGEST_UPGRADE_MS);
  }

  return {
    begin,
    stopAll,

    /** The connection in use. */
    get current() {
      return current;
    },

    /** Whether it plays, or tries to. */
    get isUnderWay() {
      return turn !== null;
    },

    /** The next attempt comes soon: what failed before counts no more. */
    forgive() {
      failures = 0;
    },

    /**
     * A picture came: one that was on trial has proved better.
     * @param {Connection} connection
     * @returns {boolean} whether it is the one in use
     */
    isInUse(connection) {
      if (connection === trial) {
        current?.end();
        current = connection;
        trial = null;
      }
      return connection === current;
    },

    /** There are pictures to be had over it. @param {Connection} connection */
    prove(connection) {
      if (connection.isProven) return;
      connection.isProven = true;
      upgradeLater();
    },

    /**
     * A connection gave up: another transport takes its place, or the same ones from the best down after a while.
     * @param {Connection} connection
     * @param {TransportError} error
     */
    connectionLost(connection, { message, isFatal, isRefusal = false, isMishap }) {
      connection.end();
      if (connection === trial) {
        trial = null;
        upgradeLater();
      }
      if (connection !== current) return;
      trial?.end();
      trial = null;
      current = null;
      const { isProven } = connection;
      if (!isProven && !isFatal && !isMishap && ladder.length) {
        connect(connection.demand);
        return;
      }
      clearTimeout(upgrading);
      // One that was steady, and a server that answers again, are as good as new.
      if ((isProven && now() - connection.startedAt > timing.STEADY_MS) || isRefusal !== wasRefused) failures = 0;
      wasRefused = isRefusal;
      clearTimeout(retrying);
      retrying = setTimeout(begin, timing.retryMs(failures, isRefusal));
      failures++;
      failed(isProven || isMishap ? "" : message);
    },

    /**
     * Another size or rate is wanted, perhaps.
     * @returns {Promise<boolean>} whether that takes a new connection
     */
    async adjust() {
      const connection = current;
      const demand = connection && (await demandNow());
      if (!demand || connection !== current || isSame(demand, connection.demand)) return false;
      connection.demand = demand;
      if (!connection.subscription) return connection.transport !== "snapshot";
      connection.subscription.agree();
      return false;
    },
  };
}
