/* How long a feed waits, and for what. */

export const TICK_MS = 1_000;
/** The server repeats a still picture every second: one that is silent for this long has stalled. Told within 3 s. */
export const STALL_MS = 2_800;
/** A picture that comes later than this is no live one. */
export const BEHIND_MS = 4_000;
/** For the first picture of a connection, and for an answer. */
export const FIRST_MS = 6_000;
/** By then a connection has proved good; and a glance at another tab is shorter. */
export const STEADY_MS = 5_000;
export const MINUTE_MS = 60_000;
/** The first wait before a better transport is tried; each further one is twice as long, up to the longest. */
export const UPGRADE_MS = 10_000;
export const LONGEST_UPGRADE_MS = 5 * MINUTE_MS;
const LONGEST_RETRY_MS = 15_000;

/** In ms since the page began, by a clock that nobody sets. */
export const now = () => performance.now();

/** How long no picture may come: a few frame times where there is less than a frame a second. */
export const patienceMs = (fps = 1) => STALL_MS / Math.min(fps, 1);

/**
 * How long to wait before the next attempt: twice as long each time, and not at the same moment as every other page.
 * @param {number} failures in a row, before this one
 * @param {boolean | undefined} isRefusal whether the server answered, and said no
 * @param {number} random from 0 to 1
 */
export function retryMs(failures, isRefusal, random = Math.random()) {
  const longest = Math.min(LONGEST_RETRY_MS, (isRefusal ? 2_000 : 500) * 2 ** failures);
  return longest * (0.5 + random / 2);
}
