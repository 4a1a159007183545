/* What a camera's archive holds, in columns: frames by their place in time, gaps, days. Knows no page. */

import { dayKey, dayStart, request } from "./server.js";

const DARK = 40;
const COLUMNS = ["ids", "times", "light", "bytes"];

export class Frames {
  gaps = [];
  manual = new Set();

  constructor(camera) {
    this.camera = camera;
    for (const name of COLUMNS) this[name] = new Float64Array();
  }

  /** All of the archive, the newest frames first; `arrived` is called with each part. */
  async load(arrived) {
    let [part, gaps] = await Promise.all([this.#ask({}), this.#allGaps()]);
    this.gaps = gaps;
    for (;;) {
      this.#join(part, this);
      arrived();
      if (!part.cursor) return;
      part = await this.#ask({ cursor: part.cursor });
    }
  }

  /** What came since. */
  async refresh() {
    const [part, gaps] = await Promise.all([this.#ask(this.times.length && { from: new Date(this.times.at(-1)).toISOString() }), this.#allGaps()]);
    const known = part.ids.findLastIndex((id) => this.ids.includes(id)) + 1;
    for (const name of COLUMNS) part[name] = part[name].subarray(known);
    this.#join(this, part);
    this.gaps = gaps;
  }

  forget(place) {
    for (const name of COLUMNS) this[name] = this[name].filter((_, each) => each !== place);
  }

  /** The places of the frames that these switches leave. */
  shown({ daylight, hour }) {
    const isShown = (place) => (!daylight || !this.isDark(place)) && (hour === null || new Date(this.times[place]).getHours() === hour);
    return Uint32Array.from(this.ids.keys()).filter(isShown);
  }

  isDark = (place) => this.light[place] < DARK;

  gapAt = (moment) => this.gaps.find(({ from, to }) => from <= moment && moment < to);

  /** Frames, bytes and missed slots of each of the viewer's days. */
  days() {
    const days = new Map();
    const day = (key) => days.get(key) ?? days.set(key, { frames: 0, bytes: 0, missed: 0 }).get(key);
    let [today, end] = [null, 0];
    this.times.forEach((time, place) => {
      if (time >= end) [today, end] = [day(dayKey(time)), dayStart(dayKey(time), 1)];
      today.frames += 1;
      today.bytes += this.bytes[place];
    });
    for (const { from, to, step, reason } of this.gaps) {
      for (let start = from; start < to && reason !== "deleted"; start = end) {
        end = +dayStart(dayKey(start), 1);
        day(dayKey(start)).missed += Math.ceil((Math.min(end, to) - start) / step);
      }
    }
    return days;
  }

  async #ask(query) {
    const { id, captured_at: at, brightness, bytes, manual, next_cursor: cursor } = await request("api/camera/frames/index", { query: { camera: this.camera, ...query } });
    const sums = (differences) => {
      let value = 0;
      return Float64Array.from(differences, (difference) => (value += difference));
    };
    const ids = sums(id);
    for (const place of manual) this.manual.add(ids[place]);
    return { ids, times: sums(at), light: Float64Array.from(brightness), bytes: Float64Array.from(bytes), cursor };
  }

  async #allGaps() {
    const all = [];
    let cursor = null;
    do {
      const answer = await request("api/camera/frames/gaps", { query: { camera: this.camera, limit: 500, cursor } });
      for (const gap of answer.gaps) all.push({ ...gap, from: Date.parse(gap.from), to: Date.parse(gap.to), step: gap.interval_seconds * 1000 });
      cursor = answer.next_cursor;
    } while (cursor);
    return all;
  }

  #join(older, newer) {
    for (const name of COLUMNS) {
      const joined = new Float64Array(older[name].length + newer[name].length);
      joined.set(older[name]);
      joined.set(newer[name], older[name].length);
      this[name] = joined;
    }
  }
}

/** Of a sorted row, how many values are below that. */
export function countBelow(count, valueOf, limit) {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueOf(middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
