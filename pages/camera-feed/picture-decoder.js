/* Turns JPEG into what a canvas can draw. */

import { now } from "./timing.js";

/** @import { Connection } from "./connection.js" */

/**
 * Bytes, or what the browser made of them.
 * @typedef {Uint8Array<ArrayBuffer> | Blob | HTMLImageElement} Source
 *
 * @typedef {ImageData | ImageBitmap | HTMLImageElement} Picture
 *
 * When a picture was taken by the camera and received, in ms since 1970; `takenAt` is null where nobody can tell.
 * `isLive` is false for the server's own picture of a camera's trouble.
 * @typedef {{ takenAt: number | null, receivedAt: number, isLive: boolean }} Facts
 *
 * @typedef {ReturnType<typeof createDecoder>} PictureDecoder
 */

/**
 * Decodes one picture at a time and shows it on all its connections. Of those that come meanwhile it keeps the newest.
 * @param {Iterable<Connection>} connections
 * @param {() => void} taken called once for each picture: when the decoder begins with it, or with a newer one
 */
export function createDecoder(connections, taken = () => {}) {
  /** @type {{ source: Source, facts: Facts } | null} */
  let next = null;
  let isBusy = false;
  let owed = 0; // pictures that are not yet acknowledged
  const decode = createDecoding();

  const decoder = {
    /** When the last one was decoded. */
    heardAt: -Infinity,

    /**
     * @param {Source} source
     * @param {number | null} takenAt
     * @param {boolean} isLive
     */
    async takePicture(source, takenAt, isLive = true) {
      next = { source, facts: { takenAt, isLive, receivedAt: Date.now() } };
      owed++;
      if (isBusy) return;
      isBusy = true;
      while (next) {
        const { source, facts } = next;
        next = null;
        // Acknowledged now, so that the next are on their way while this one is decoded.
        for (; owed; owed--) taken();
        const picture = await decode(source).catch(() => null);
        if (picture) decoder.heardAt = now();
        for (const connection of connections) connection.player.showPicture(connection, picture, facts);
        if (picture instanceof ImageBitmap) picture.close();
      }
      isBusy = false;
    },
  };
  return decoder;
}

/** Into pixels, where the browser lets us: a bitmap needs a blob, and that goes through another process. */
function createDecoding() {
  /** The same for all pictures of a size. @type {ImageData | undefined} */
  let pixels;

  /**
   * The picture of an ImageDecoder could be drawn, but Chromium remembers some hundred that were: half a gigabyte.
   * @param {Uint8Array<ArrayBuffer>} data
   */
  async function decodeBytes(data) {
    const decoder = new ImageDecoder({ data, type: "image/jpeg" });
    try {
      const { image } = await decoder.decode();
      const { displayWidth: width, displayHeight: height } = image;
      if (pixels?.width !== width || pixels.height !== height) pixels = new ImageData(width, height);
      await image.copyTo(pixels.data, { format: "RGBA" }).finally(() => image.close());
      return pixels;
    } finally {
      decoder.close();
    }
  }

  /** @param {Source} source @returns {Promise<Picture>} */
  return (source) => {
    if (!(source instanceof Uint8Array)) return createImageBitmap(source);
    const bitmap = () => createImageBitmap(new Blob([source]));
    return globalThis.ImageDecoder ? decodeBytes(source).catch(bitmap) : bitmap();
  };
}
