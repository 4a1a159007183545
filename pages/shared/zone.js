/* A time zone's clock: what it shows at an instant, and when it shows something. Knows no page and no words. */

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Clock readings are numbers, too: a reading is in ms as if the clock showed UTC, so `new Date(reading)` has it in its
 * UTC fields.
 */
export class Zone {
  /** By day of UTC; null for one on which clocks are set. @type {Map<number, number | null>} */
  #offsets = new Map();

  /** @param {string} name of the IANA, such as Europe/Berlin @throws {RangeError} when this browser does not know it */
  constructor(name) {
    this.name = name;
    this.format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** What the clock shows. @param {number} instant */
  reading(instant) {
    return instant + this.#offsetAt(instant);
  }

  /**
   * When the clock shows a reading: the first time of two, and as much later as the clock is set ahead where it never
   * does.
   * @param {number} reading
   */
  instant(reading) {
    const before = this.#offsetAt(reading - DAY_MS);
    const after = this.#offsetAt(reading + DAY_MS);
    const fits = [before, after].find((offset) => this.#offsetAt(reading - offset) === offset);
    return reading - (fits ?? before);
  }

  /** How much the clock is ahead of UTC, in ms. @param {number} instant */
  #offsetAt(instant) {
    const day = Math.floor(instant / DAY_MS);
    let offset = this.#offsets.get(day);
    if (offset === undefined) {
      const [first, last] = [this.#measured(day * DAY_MS), this.#measured((day + 1) * DAY_MS)];
      offset = first === last ? first : null;
      this.#offsets.set(day, offset);
    }
    return offset ?? this.#measured(Math.floor(instant / QUARTER_MS) * QUARTER_MS);
  }

  /** @param {number} instant a whole second */
  #measured(instant) {
    const parts = this.format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]);
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts);
    return Date.UTC(year, month - 1, day, hour, minute, second) - instant;
  }
}
