/*
 * Which frames are shown: the camera's, less those that the switches leave out. "Places" count all frames, "ranks"
 * those that are shown.
 */

import { daysOf, Frames } from "./frames.js";
import { Gaps } from "./gaps.js";
import { MissedDays, withMissed } from "./missed.js";
import { countBelow, nearestPlace } from "./search.js";
import { parseView, spanOf } from "./view.js";

export const view = parseView(location.search);
export let frames = new Frames("");
/** What there is of each day, by its key. */
export let days = daysOf(frames);
/** Those of the span. */
export const gaps = new Gaps();
export const missed = new MissedDays();
/** Places by rank. @type {Uint32Array} */
export let shown = new Uint32Array();
/** Ids by rank. @type {number[]} */
export let ids = [];

/** Hashes by rank. @type {number[]} */
export let hashes = [];

/** @param {string} camera whose frames are to be shown */
export function choose(camera) {
  view.camera = camera;
  frames = new Frames(camera);
}

/** Counts anew, since other frames are there, or more is known of what was missed. */
export function recount() {
  days = withMissed(daysOf(frames), missed.days);
}

/** Applies the switches. */
export function select() {
  shown = frames.shown(view);
  ids = Array.from(shown, (place) => frames.ids[place]);
  hashes = Array.from(shown, (place) => frames.hashes[place]);
  view.at ??= timeOf(shown.length - 1) ?? null;
}

/** Of the frame at a rank, in ms since 1970. @param {number} rank */
export const timeOf = (rank) => frames.times[shown[rank]];

/** The first and last instant of the track, moved by a number of spans. */
export const span = (later = 0) => spanOf(view, frames.times[0], frames.times.at(-1), later);

/** The ranks of the span: the first, and the one after the last. */
export const ranks = () => span().map((end) => countBelow(shown.length, timeOf, end));

/** The rank of the frame nearest to an instant, in the span if there is any; -1 without frames. */
export const nearest = (/** @type {number} */ instant, [low, high] = ranks()) =>
  nearestPlace(shown.length, timeOf, instant, low, high);
