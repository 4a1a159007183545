/* The frames of a camera's archive, in columns by their place in time, and how many a day has. Knows no page. */

import { request } from "../shared/server.js";
import { dayKey, dayStart } from "../shared/time.js";
import { hourOf } from "./dates.js";

/** Below this brightness, of 255, a picture counts as dark. */
const DARK = 40;
const COLUMNS = /** @type {const} */ (["ids", "times", "light", "bytes", "hashes"]);
const HASH_DIGITS = 8;

/**
 * The numbers of some frames, a row for each property, sorted by time; `times` are in ms since 1970, `hashes` the
 * beginnings of the pictures' hashes.
 * @typedef {Record<typeof COLUMNS[number], Float64Array>} Columns
 *
 * @typedef {{ frames: number, bytes: number, missed: number }} Day
 *
 * The index of the server; each id and time is given by how much it is above the one before.
 * @typedef {{ id: number[], captured_at: number[], brightness: number[], bytes: number[], hash: string,
 *   manual: number[], kept: number[], next_cursor: string | null }} Index
 */

/** The frames of one camera, as far as they were loaded. */
export class Frames {
  /** The ids of those that were captured by hand. @type {Set<number>} */
  manual = new Set();
  /** The ids of those that are marked as kept. @type {Set<number>} */
  kept = new Set();
  // The columns.
  ids = new Float64Array();
  times = new Float64Array();
  light = new Float64Array();
  bytes = new Float64Array();
  hashes = new Float64Array();

  /** @param {string} camera */
  constructor(camera) {
    this.camera = camera;
  }

  /** All of the archive, the newest frames first. @param {() => void} arrived called with each part */
  async load(arrived) {
    let index = await this.#ask({});
    for (;;) {
      this.#join(this.#take(index), this);
      arrived();
      if (!index.next_cursor) return;
      index = await this.#ask({ cursor: index.next_cursor });
    }
  }

  /** What came since. */
  async refresh() {
    const newest = this.times.at(-1);
    const query = newest === undefined ? {} : { from: new Date(newest).toISOString() };
    const part = this.#take(await this.#ask(query));
    const known = part.ids.findLastIndex((id) => this.ids.includes(id)) + 1;
    for (const name of COLUMNS) part[name] = part[name].subarray(known);
    this.#join(this, part);
  }

  /** @param {number} place of a frame that was deleted */
  forget(place) {
    for (const name of COLUMNS) this[name] = this[name].filter((_, each) => each !== place);
  }

  /**
   * The places of the frames that the switches leave.
   * @param {{ daylight: boolean, hour: number | null }} switches
   */
  shown({ daylight, hour }) {
    return Uint32Array.from(this.ids.keys()).filter((place) => {
      if (daylight && this.isDark(place)) return false;
      return hour === null || hourOf(this.times[place]) === hour;
    });
  }

  /** @param {number} place */
  isDark(place) {
    return this.light[place] < DARK;
  }

  /** @param {{ from?: string, cursor?: string }} query @returns {Promise<Index>} */
  #ask(query) {
    return request("api/camera/frames/index", { query: { camera: this.camera, ...query } });
  }

  /** @param {Index} index */
  #take(index) {
    const ids = sums(index.id);
    for (const place of index.manual) this.manual.add(ids[place]);
    for (const place of index.kept) this.kept.add(ids[place]);
    const [light, bytes] = [index.brightness, index.bytes].map((row) => Float64Array.from(row));
    return { ids, times: sums(index.captured_at), light, bytes, hashes: hashesOf(index.hash) };
  }

  /** @param {Columns} older @param {Columns} newer */
  #join(older, newer) {
    for (const name of COLUMNS) {
      const both = new Float64Array(older[name].length + newer[name].length);
      both.set(older[name]);
      both.set(newer[name], older[name].length);
      this[name] = both;
    }
  }
}

/** The numbers that stand one after the other in hexadecimal digits. @param {string} digits */
export function hashesOf(digits) {
  const hashes = new Float64Array(digits.length / HASH_DIGITS);
  for (let n = 0; n < hashes.length; n += 1) {
    hashes[n] = Number.parseInt(digits.slice(HASH_DIGITS * n, HASH_DIGITS * (n + 1)), 16);
  }
  return hashes;
}

/** A frame's hash as the server writes it. @param {number} hash */
export const digitsOf = (hash) => hash.toString(16).padStart(HASH_DIGITS, "0");

/** The values whose differences these are. @param {number[]} differences */
export function sums(differences) {
  const values = new Float64Array(differences.length);
  let value = 0;
  differences.forEach((difference, place) => {
    value += difference;
    values[place] = value;
  });
  return values;
}

/**
 * Frames and bytes of each day; what it missed is the server's to tell.
 * @param {Pick<Columns, "times" | "bytes">} frames
 */
export function daysOf({ times, bytes }) {
  /** @type {Map<string, Day>} */
  const days = new Map();
  const dayOf = (/** @type {string} */ key) => {
    const day = days.get(key) ?? { frames: 0, bytes: 0, missed: 0 };
    days.set(key, day);
    return day;
  };
  /** @type {Day} */
  let today;
  let end = 0;
  times.forEach((time, place) => {
    if (time >= end) {
      const key = dayKey(time);
      today = dayOf(key);
      end = dayStart(key, 1);
    }
    today.frames += 1;
    today.bytes += bytes[place];
  });
  return days;
}
