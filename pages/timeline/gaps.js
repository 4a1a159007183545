/*
 * The gaps of the span that the track shows, joined by the server to about what a pixel can show: however many there
 * are, they come in one answer. Knows no page.
 */

import { request } from "../shared/server.js";
import { DAY_MS } from "../shared/time.js";

/** Of a span; the server sends 500 stretches at a time, and a gap that began before the span is one more. */
const CELLS = 480;
const PER_ANSWER = 500;

/**
 * Slots without a picture, in one gap or in several that begin near each other.
 * @typedef {object} Gap
 * @property {number} from in ms since 1970
 * @property {number} to
 * @property {string} reason that of the most slots
 * @property {number} slots
 * @property {number} gaps how many they are
 * @property {number} missingMs how much of the stretch is without pictures
 * @property {string | null} [detail]
 */

/** A stretch that has more pictures than this is no gap to the eye: they shall be seen. */
const WHOLE = 0.9;

/** Whether there is hardly a picture in it. @param {Gap} gap */
export const isWhole = ({ from, to, missingMs }) => missingMs >= WHOLE * (to - from);

/** The gaps of one camera in one span. */
export class Gaps {
  /** By their begin. @type {Gap[]} */
  list = [];
  /** What `list` is of: camera and span; empty before the first answer. */
  #loaded = "";
  /** What is being asked for. */
  #asked = "";

  /**
   * Loads those of a span, unless they are here; what was shown stays until the answer comes.
   * @param {string} camera
   * @param {number} from
   * @param {number} to
   * @param {boolean} isNewsWanted whether what is here is looked at again: gaps come at the end, and seldom before
   * @returns {Promise<boolean>} whether there are others now
   */
  async load(camera, from, to, isNewsWanted = false) {
    const wanted = [camera, from, to].join();
    const isHere = wanted === this.#loaded;
    if (wanted === this.#asked || (isHere && !isNewsWanted)) return false;
    const cellMs = cellOf(to - from);
    const since = isHere ? newsFrom(this.list, Math.max(from, Date.now() - DAY_MS), cellMs) : from;
    if (since >= to) return false;
    this.#asked = wanted;
    try {
      const found = await ask(camera, since, to, cellMs);
      if (this.#asked !== wanted) return false; // another span is shown by now
      const list = isHere ? [...this.list.filter((gap) => gap.to <= since), ...found] : found;
      const isOther = JSON.stringify(list) !== JSON.stringify(this.list);
      this.list = list;
      this.#loaded = wanted;
      return isOther;
    } finally {
      if (this.#asked === wanted) this.#asked = "";
    }
  }

  /** A picture was deleted: what is here is not true any more. */
  forget() {
    this.#loaded = "";
  }

  /** Those at an instant, where there are any. @param {number} instant */
  at(instant) {
    return this.list.find(({ from, to }) => from <= instant && instant < to);
  }
}

/** How long a stretch is whose gaps come as one: whole seconds. @param {number} spanMs */
export const cellOf = (spanMs) => Math.max(1, Math.ceil(spanMs / CELLS / 1_000)) * 1_000;

/**
 * From where gaps are asked for again. All that reach beyond it come whole, so it begins before the first of those.
 * @param {Gap[]} known by their begin
 * @param {number} wanted the latest that will do
 * @param {number} cellMs
 */
export function newsFrom(known, wanted, cellMs) {
  const floor = (/** @type {number} */ instant) => Math.floor(instant / cellMs) * cellMs;
  return known.reduceRight((least, { from, to }) => (to > least ? Math.min(least, floor(from)) : least), floor(wanted));
}

/**
 * @param {string} camera
 * @param {number} from
 * @param {number} to
 * @param {number} cellMs
 */
async function ask(camera, from, to, cellMs) {
  const [begin, end] = [from, to].map((instant) => new Date(instant).toISOString());
  /** @type {Gap[]} */
  const all = [];
  let cursor = null;
  do {
    const query = { camera, from: begin, to: end, resolution: cellMs / 1_000, limit: PER_ANSWER, cursor };
    const answer = await request("api/camera/frames/gaps", { query });
    for (const { from: start, to: stop, missing_seconds: missing, reason, slots, gaps, detail } of answer.gaps) {
      const times = { from: Date.parse(start), to: Date.parse(stop), missingMs: missing * 1_000 };
      all.push({ ...times, reason, slots, gaps, detail });
    }
    cursor = answer.next_cursor;
  } while (cursor);
  return all;
}
