/*
 * Small copies of the frames, a hundred in a sheet. A strip is every 2^n-th of the frames that are shown. Where
 * thousands share a track, the few sheets of one strip have a picture for each of its pixels.
 */

import { address } from "../shared/server.js";
import { digitsOf } from "./frames.js";

const PER_SHEET = 100;
const COLUMNS = 10;
/** Decoded, some 6 MB each; the browser's cache has the others. */
const KEPT = 24;
const AT_ONCE = 2;
const WAITING = 16;

/**
 * Every `stride`-th of the frames with these ids and hashes; `urls` are the addresses of its sheets, as far as they were
 * needed.
 * @typedef {{ ids: number[], hashes: number[], stride: number, urls: string[] }} Strip
 *
 * A place on a sheet, in its pixels.
 * @typedef {{ sheet: ImageBitmap, x: number, y: number, width: number, height: number }} Cell
 */

/** @param {number[]} ids @param {number[]} hashes @param {number} stride @returns {Strip} */
export const stripOf = (ids, hashes, stride) => ({ ids, hashes, stride, urls: [] });

/**
 * The part of a sheet's address that changes with its pictures, as the server computes it: FNV-1a with 32 bits. An id
 * may mean another picture one day, in another database; the browser keeps a sheet for a year.
 * @param {number[]} ids
 * @param {number[]} hashes
 */
export function sheetVersion(ids, hashes) {
  const text = ids.map((id, place) => `${id}.${digitsOf(hashes[place])}`).join();
  let value = 0x811c9dc5;
  for (let n = 0; n < text.length; n += 1) value = Math.imul(value ^ text.charCodeAt(n), 0x01000193);
  return digitsOf(value >>> 0);
}

/**
 * The strides of the strips that a span needs: every frame, one for each pixel of the track, a hundred in all.
 * @param {number} count of the frames in the span
 * @param {number} width of the track, in pixels
 */
export function stridesFor(count, width) {
  const power = (/** @type {number} */ each) => 2 ** Math.floor(Math.log2(Math.max(1, each)));
  return [1, power(count / (width || 1)), power(count / PER_SHEET)];
}

/**
 * Which sheet of a strip has the frame at or before a rank, which ranks are on it, and where on it that frame is.
 * @param {number} count of the frames that are shown
 * @param {number} stride
 * @param {number} rank
 */
export function placeOnSheet(count, stride, rank) {
  const place = Math.floor(rank / stride);
  const number = Math.floor(place / PER_SHEET);
  const [begin, end] = [number, number + 1].map((each) => each * PER_SHEET * stride);
  const cells = Math.min(PER_SHEET, Math.ceil((count - begin) / stride));
  const cell = place % PER_SHEET;
  return {
    number,
    begin,
    end,
    columns: Math.min(COLUMNS, cells),
    rows: Math.ceil(cells / COLUMNS),
    column: cell % COLUMNS,
    row: Math.floor(cell / COLUMNS),
  };
}

/** The sheets that are decoded, and those that are on their way. */
export class Sheets {
  /** By address, the one used last at the end; null while it is on its way. @type {Map<string, ImageBitmap | null>} */
  #kept = new Map();
  /** @type {string[]} */
  #waiting = [];
  #running = 0;

  /** @param {() => void} arrived called when another sheet can be shown */
  constructor(arrived) {
    this.arrived = arrived;
  }

  /**
   * The small copy of the strip's frame at or before that rank; null when it is not there yet.
   * @param {Strip} strip
   * @param {number} rank
   * @param {boolean} isWanted whether it is fetched then
   * @returns {Cell | null}
   */
  cell({ ids, hashes, stride, urls }, rank, isWanted = true) {
    const { number, begin, end, columns, rows, column, row } = placeOnSheet(ids.length, stride, rank);
    const some = (/** @type {number[]} */ all) => all.slice(begin, end).filter((_, place) => place % stride === 0);
    urls[number] ??= sheetUrl(some(ids), some(hashes));
    const url = urls[number];
    const sheet = this.#kept.get(url);
    if (!sheet) {
      if (sheet === undefined && isWanted) this.#want(url);
      return null;
    }
    this.#kept.delete(url);
    this.#kept.set(url, sheet);
    const width = sheet.width / columns;
    const height = sheet.height / rows;
    return { sheet, x: column * width, y: row * height, width, height };
  }

  /** The newest wish comes first; somebody who scrubs on has forgotten the oldest. @param {string} url */
  #want(url) {
    this.#waiting = [...this.#waiting.filter((each) => each !== url), url].slice(-WAITING);
    this.#next();
  }

  async #next() {
    if (this.#running === AT_ONCE) return;
    const url = this.#waiting.pop();
    if (url === undefined) return;
    this.#running += 1;
    this.#kept.set(url, null);
    try {
      const answer = await fetch(url);
      this.#kept.set(url, await createImageBitmap(await answer.blob()));
      this.#forget();
      this.arrived();
    } catch {
      this.#kept.delete(url); // wished again at the next look
    }
    this.#running -= 1;
    this.#next();
  }

  #forget() {
    for (const [url, sheet] of this.#kept) {
      if (this.#kept.size <= KEPT) return;
      sheet?.close();
      if (sheet) this.#kept.delete(url);
    }
  }
}

/** @param {number[]} ids @param {number[]} hashes */
const sheetUrl = (ids, hashes) =>
  address("api/camera/frames/sprites", { ids: ids.join(), v: sheetVersion(ids, hashes) });

/** Fills a canvas with a cell. @param {HTMLCanvasElement} canvas @param {Cell} cell */
export function paint(canvas, { sheet, x, y, width, height }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d")?.drawImage(sheet, x, y, width, height, 0, 0, width, height);
}
