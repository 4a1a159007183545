/* The WebSocket that all feeds of a page share: which cameras are on which socket, and for whom. */

import { combined, isSame } from "./demand.js";
import { createDecoder } from "./picture-decoder.js";
import { TransportError } from "./server.js";
import { acknowledge, parsePicture, REFUSED, unwatch, watch } from "./socket-messages.js";
import * as texts from "./texts.js";
import { now, STALL_MS } from "./timing.js";

/** @import { Connection } from "./connection.js" */
/** @import { Demand } from "./demand.js" */
/** @import { Server } from "./server.js" */
/** @typedef {ReturnType<typeof createSubscription>} Subscription */

/**
 * @typedef {object} FrameSocket
 * @property {Map<string, Subscription>} subscriptions by camera
 * @property {() => boolean} hasRoom whether another camera may be put on it
 * @property {(camera: string, asked?: Demand) => Subscription} carry puts one on it
 * @property {(message: object) => boolean} tell whether the message went out
 * @property {(camera: string) => void} dropCamera one that nobody shows any more
 */

/** What the server takes on one socket. */
const MAX_CAMERAS = 64;
/** A feed that is moved in its page comes back at once: a socket without cameras is kept for so long. */
const LINGER_MS = 100;

/**
 * Subscribes to the connection's camera: on the socket that has it, one that has room, or a new one.
 * @param {Connection} connection
 */
export function subscribe(connection) {
  const { server, camera, demand } = connection;
  const sockets = [...server.sockets];
  const mayShare = !server.link && !server.suspects.has(camera);
  const subscription =
    sockets.map(({ subscriptions }) => subscriptions.get(camera)).find(Boolean) ??
    sockets.find((socket) => mayShare && socket.hasRoom())?.carry(camera) ??
    createSocket(server, camera, demand).carry(camera, demand);
  subscription.connections.add(connection);
  subscription.agree();
  return subscription;
}

/**
 * One camera on a socket, for all connections that show it: as wide as the widest wants, as fast as the fastest.
 * @param {Pick<FrameSocket, "tell" | "dropCamera">} socket
 * @param {string} camera
 * @param {Demand} [asked] what the server was asked for already
 */
function createSubscription(socket, camera, asked) {
  /** @type {Set<Connection>} */
  const connections = new Set();
  const subscription = {
    camera,
    connections,
    decoder: createDecoder(connections, () => socket.tell(acknowledge(camera))),
    /** Whether a picture came since it was last asked for. */
    isProven: false,

    demand: () => combined([...connections].map(({ demand }) => demand)),

    /** Asks the server for what is wanted by now, if that is something else. */
    agree() {
      const demand = subscription.demand();
      if (isSame(demand, asked) || !socket.tell(watch(camera, demand))) return;
      asked = demand;
      subscription.isProven = false;
    },

    /** @param {Connection} connection */
    leaveCamera(connection) {
      connections.delete(connection);
      if (connections.size) subscription.agree();
      else socket.dropCamera(camera);
    },
  };
  return subscription;
}

/**
 * The first camera and what is asked of it are in the address.
 * @param {Server} server
 * @param {string} camera
 * @param {Demand} demand
 * @returns {FrameSocket}
 */
function createSocket(server, camera, demand) {
  /** @type {FrameSocket["subscriptions"]} */
  const subscriptions = new Map();
  let heardAt = now();

  const socket = new WebSocket(server.url(camera, "ws", demand).replace(/^http/, "ws"));
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    for (const subscription of subscriptions.values()) subscription.agree();
  };
  socket.onmessage = ({ data }) => {
    heardAt = now();
    const { camera, takenAt, isLive, jpeg } = parsePicture(data);
    const subscription = subscriptions.get(camera);
    if (!subscription) return;
    subscription.isProven = true;
    server.suspects.delete(camera);
    subscription.decoder.takePicture(jpeg, takenAt, isLive);
  };
  // A refusal ends the socket for one of its cameras: one that has had no picture yet.
  socket.onclose = ({ code, reason }) => {
    server.sockets.delete(frames);
    const isRefused = code === REFUSED;
    const isClear = isRefused && subscriptions.size === 1;
    const error = isClear
      ? new TransportError(reason, { isFatal: true, isRefusal: true })
      : new TransportError(texts.noPicture, { isMishap: isRefused });
    for (const { camera, connections, isProven } of [...subscriptions.values()]) {
      if (isRefused && !isProven) server.suspects.add(camera);
      for (const connection of [...connections]) connection.fail(error);
    }
  };

  function close() {
    if (server.sockets.delete(frames)) socket.close();
  }

  /** @type {FrameSocket} */
  const frames = {
    subscriptions,

    hasRoom() {
      const cameras = [...subscriptions.keys()];
      return cameras.length < MAX_CAMERAS && !cameras.some((camera) => server.suspects.has(camera));
    },

    carry(camera, asked) {
      const subscription = createSubscription(frames, camera, asked);
      subscriptions.set(camera, subscription);
      return subscription;
    },

    tell(message) {
      const isOpen = socket.readyState === WebSocket.OPEN;
      if (isOpen) socket.send(JSON.stringify(message));
      return isOpen;
    },

    dropCamera(camera) {
      subscriptions.delete(camera);
      frames.tell(unwatch(camera));
      // One that is silent is half-open, perhaps: the next attempt needs another.
      if (now() - heardAt > STALL_MS) close();
      else setTimeout(() => subscriptions.size || close(), LINGER_MS);
    },
  };
  server.sockets.add(frames);
  return frames;
}
