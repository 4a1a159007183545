/* The ways to get pictures, best first. Each goes on until its connection ends or it throws. */

import { subscribe } from "./frame-socket.js";
import { partsOf } from "./multipart.js";
import { TransportError } from "./server.js";
import * as texts from "./texts.js";
import { MINUTE_MS, now, STALL_MS, STEADY_MS } from "./timing.js";

/** @import { Connection } from "./connection.js" */
/** @typedef {"websocket" | "fetch" | "img" | "snapshot"} Transport */

/** The longest that one <img> is trusted: no event tells of its end. */
const IMAGE_MS = 10 * MINUTE_MS;
const UNAVAILABLE = 503;

/** @param {Connection} connection */
async function websocket(connection) {
  const subscription = subscribe(connection);
  connection.subscription = subscription;
  connection.decoder = subscription.decoder;
  connection.onEnd(() => subscription.leaveCamera(connection));
}

/** Reads the stream itself. @param {Connection} connection */
async function fetchStream(connection) {
  const { body } = await connection.server.get(connection.openStream(), connection.signal);
  const reader = /** @type {ReadableStream<Uint8Array>} */ (body).getReader();
  for await (const { jpeg, takenAt, isLive } of partsOf(() => reader.read())) {
    connection.decoder.takePicture(jpeg, takenAt, isLive);
  }
  throw new TransportError(texts.noPicture);
}

/**
 * A browser tells of the first picture and of nothing after it, so the server is asked how it goes.
 * @param {Connection} connection
 */
async function img(connection) {
  const { player, server, camera, decoder } = connection;
  const { image } = player.view;
  const src = connection.openStream();
  connection.onEnd(() => player.view.keepImage());
  await new Promise((resolve, reject) => {
    Object.assign(image, { onload: resolve, onerror: () => reject(server.silence), src });
  });
  const isReached = () => loaded(`${server.base}favicon.svg?${now()}`).then(() => ({}));
  const elapsedMs = () => now() - connection.startedAt;
  /** @type {{ is_streaming?: boolean, frame_age_seconds?: number | null, viewer_count?: number }} */
  let status = {};
  for (; image.naturalWidth && elapsedMs() < IMAGE_MS; await connection.pause(STALL_MS / 2)) {
    const { is_streaming: isLive = true, frame_age_seconds: age } = status;
    decoder.heardAt = now();
    const takenAt = age == null ? null : Date.now() - 1_000 * age;
    player.showPicture(connection, image, { isLive, takenAt, receivedAt: Date.now() });
    status = await server.status(camera).catch(isReached);
    if (status.viewer_count === 0 && elapsedMs() > STEADY_MS) break; // it has ended, and no event told
  }
  throw new TransportError(texts.noPicture);
}

/** One picture a second at most. @param {Connection} connection */
async function snapshot(connection) {
  const { server, decoder } = connection;
  for (; !connection.signal.aborted; await connection.pause(1_000 / Math.min(connection.demand.fps ?? 1, 1))) {
    const url = server.url(connection.camera, "snapshot", { t: now(), stand_in: "none" });
    try {
      const response = await server.get(url);
      const age = response.headers.get("X-Frame-Age");
      decoder.takePicture(await response.blob(), age ? Date.now() - 1_000 * Number(age) : null);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (error.status === UNAVAILABLE) connection.player.miss(connection, error.message);
      else if (error.isFatal) throw error;
      // Not ours to read, it may yet be shown.
      else decoder.takePicture(await loaded(url).catch(() => Promise.reject(error)), null);
    }
  }
}

/** @param {string} src */
async function loaded(src) {
  const image = Object.assign(new Image(), { src });
  await image.decode();
  return image;
}

/** @type {Partial<Record<Transport, (connection: Connection) => Promise<void>>>} */
export const TRANSPORTS = { websocket, fetch: fetchStream, img, snapshot };
// WebKit gives no bytes of a multipart body to a script. Its vendor is Apple; others' are Google, or empty.
if (navigator.vendor[0] < "B") delete TRANSPORTS.fetch;

/**
 * Those that a feed may try, the best first.
 * @param {string} mode the attribute's value
 * @param {string} camera its key; a socket can't do without
 * @param {string} [link] of a page that may not read our answers: it has images, and with a link the socket
 */
export function transportsFor(mode, camera, link) {
  let all = /** @type {Transport[]} */ (Object.keys(TRANSPORTS));
  if (globalThis.IS_BARRED) all = link && camera ? ["websocket", "img", "snapshot"] : ["img", "snapshot"];
  const chosen = all.filter((transport) => transport === mode);
  return chosen.length ? chosen : all.slice(camera || globalThis.IS_BARRED ? 0 : 1);
}
