/*
 * Small copies of the frames, a hundred in a sheet. A strip is every 2^n-th of the frames that are shown: where thousands
 * share a track, the few sheets of one strip have a picture for each of its pixels.
 */

import { address } from "./server.js";

const PER_SHEET = 100;
const COLUMNS = 10;
const KEPT = 24; // decoded, some 6 MB each; the browser's cache has the others
const AT_ONCE = 2;
const WAITING = 16;

export class Sheets {
  #kept = new Map(); // by address, the one used last at the end; null while on its way
  #waiting = [];
  #running = 0;

  /** `arrived` is called when another sheet can be shown. */
  constructor(arrived) {
    this.arrived = arrived;
  }

  /** The small copy of the strip's frame at or before that rank; null when it is not there yet, and fetched if wanted. */
  cell({ ids, stride, urls }, rank, isWanted = true) {
    const place = Math.floor(rank / stride);
    const number = Math.floor(place / PER_SHEET);
    const [begin, end] = [number, number + 1].map((each) => each * PER_SHEET * stride);
    const url = (urls[number] ??= address("api/camera/frames/sprites", { ids: ids.slice(begin, end).filter((_, n) => n % stride === 0).join() }));
    const sheet = this.#kept.get(url);
    if (!sheet) {
      if (sheet === undefined && isWanted) this.#want(url);
      return null;
    }
    this.#kept.delete(url);
    this.#kept.set(url, sheet);
    const count = Math.min(PER_SHEET, Math.ceil((ids.length - begin) / stride));
    const [width, height] = [sheet.width / Math.min(COLUMNS, count), sheet.height / Math.ceil(count / COLUMNS)];
    const cell = place % PER_SHEET;
    return { sheet, x: (cell % COLUMNS) * width, y: Math.floor(cell / COLUMNS) * height, width, height };
  }

  /** The newest wish comes first; who scrubs on has forgotten the oldest. */
  #want(url) {
    this.#waiting = [...this.#waiting.filter((each) => each !== url), url].slice(-WAITING);
    this.#next();
  }

  async #next() {
    if (this.#running === AT_ONCE || !this.#waiting.length) return;
    const url = this.#waiting.pop();
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

export const strip = (ids, stride) => ({ ids, stride, urls: [] });

export function paint(canvas, { sheet, x, y, width, height }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("2d").drawImage(sheet, x, y, width, height, 0, 0, width, height);
}
