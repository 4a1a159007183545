/* What is said on the socket (docs/websocket.md): JSON from here, one picture in each message from the server. */

/** @import { Demand } from "./demand.js" */

/** @param {string} camera one of whose pictures was taken in */
export const acknowledge = (camera) => ({ ack: camera });

/** @param {string} camera @param {Demand} demand */
export const watch = (camera, demand) => ({ watch: camera, ...demand });

/** @param {string} camera */
export const unwatch = (camera) => ({ unwatch: camera });

/** The server's word, at the socket's end, that it will not serve: the reason is in words. */
export const REFUSED = 1008;

/**
 * @param {ArrayBuffer} message the length of a header, the header as JSON, a JPEG
 * @returns {{ camera: string, takenAt: number, isLive: boolean, jpeg: Uint8Array<ArrayBuffer> }}
 */
export function parsePicture(message) {
  const start = 4 + new DataView(message).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, start - 4)));
  const { camera, captured_at_ms: takenAt, live: isLive } = header;
  return { camera, takenAt, isLive, jpeg: new Uint8Array(message, start) };
}
