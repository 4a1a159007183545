/* What the page shows of the frames: the picture, the track, the calendar, the words and numbers. */

import { make, setText } from "../shared/dom.js";
import { formatInterval } from "../shared/lengths.js";
import { formatSize } from "../shared/quantities.js";
import { address } from "../shared/server.js";
import {
  dayKey,
  dayStart,
  fileTime,
  formatInstant,
  formatStretch,
  formatTime,
  formatUtc,
  two,
  ZONE,
} from "../shared/time.js";
import { zoomOn } from "../shared/zoom.js";
import * as texts from "../texts.js";
import { Calendar } from "./calendar.js";
import { formatDay } from "./dates.js";
import { page } from "./elements.js";
import { isWhole } from "./gaps.js";
import { showOutlook } from "./outlook.js";
import { pause } from "./play.js";
import { countBelow } from "./search.js";
import {
  days,
  frames,
  gaps,
  hashes,
  ids,
  missed,
  nearest,
  ranks,
  recount,
  select,
  shown,
  span,
  timeOf,
  view,
} from "./selection.js";
import { Sheets, stridesFor, stripOf } from "./sheets.js";
import { pictureUrl, Stage } from "./stage.js";
import { Timelapses } from "./timelapses.js";
import { Track } from "./track.js";
import { queryOf } from "./view.js";

/** @import { Gap } from "./gaps.js" */
/** @import { Cell, Strip } from "./sheets.js" */

/** While the finger moves, what need not keep up with it waits so long. */
const SETTLE_MS = 250;
const SHOWN_GAPS = 50;
/** How many pictures of a stretch are looked at for the lightest. */
const LOOKED_AT = 9;

/** Of the picture that is shown; -1 while there is none. */
export let rank = -1;
/** The camera as `api/devices` tells of it; empty where it is gone. @type {Record<string, any>} */
let device = {};
/** When the next picture is due. */
let due = "";
/** From every frame to few. @type {Strip[]} */
let strips = [];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let settling;

const sheets = new Sheets(() => {
  track.draw();
  if (rank >= 0) showPicture(true);
});
const stage = new Stage();
zoomOn(page.stage, () => !page.stage.hasAttribute("data-two"));
const track = new Track({
  chosen(instant, isMoving) {
    pause();
    go(nearest(instant), { isMoving, gap: gaps.at(instant) });
  },
  peeked(instant) {
    const gap = gaps.at(instant);
    const each = nearest(instant);
    if (each < 0 || (gap && isWhole(gap))) return { text: gap ? gapWords(gap) : "" };
    const [cell, near] = strips.slice(1).map((strip) => sheets.cell(strip, each));
    const text = formatInstant(timeOf(each)) + (gap ? `. ${gapWords(gap)}` : "");
    return { text, cell: cell ?? near, id: cell && ids[each] };
  },
  /** The lightest of some frames stands for all: nights would look alike. */
  cellOf(from, to) {
    const some = Array.from({ length: LOOKED_AT }, (_, n) =>
      nearest(from + ((n + 0.5) * (to - from)) / LOOKED_AT),
    ).filter((each) => timeOf(each) >= from && timeOf(each) < to);
    const light = (/** @type {number} */ each) => frames.light[shown[each]];
    if (!some.length) return null;
    const lightest = some.reduce((one, other) => (light(other) > light(one) ? other : one));
    const cell = cellOf(lightest);
    return cell && { ...cell, isDark: frames.isDark(shown[lightest]) };
  },
});
const calendar = new Calendar(
  (day) => {
    const at = view.at ?? Date.now();
    view.at = dayStart(day) + (at - dayStart(dayKey(at)));
    view.span = "day";
    update();
  },
  (period) => loadMissed((camera) => missed.load(camera, period)),
);
const timelapses = new Timelapses();
const spans = [...page.spans.querySelectorAll("input")];

const iso = (/** @type {number} */ instant) => new Date(instant).toISOString();
const urlOf = (/** @type {number} */ each) => pictureUrl(ids[each], hashes[each]);

/** Says something below the title. */
export const note = (/** @type {string} */ text) => setText(page.note, text);

const gapWords = (/** @type {Gap} */ { from, to, reason, slots, gaps: count }) =>
  texts.gap(formatStretch(from, to), slots, reason, count);

/** The small copy of a frame, or of one near to it. @param {number} each @returns {Cell | null} */
function cellOf(each) {
  for (const strip of strips.slice(1)) {
    const cell = sheets.cell(strip, each);
    if (cell) return cell;
  }
  return null;
}

/** @param {Record<string, any>} value the camera, as far as it is known */
export function setDevice(value) {
  device = value;
}

/** @param {string} words when the next picture is due; empty while pictures are due */
export function setDue(words) {
  due = words;
  page.due.hidden = !words;
  setText(page.due, words);
  if (rank < 0 && view.camera) showNothing();
}

/** Says anew what the archive takes and what will be deleted. */
export const tellOutlook = () => showOutlook(frames.camera, device.name ?? frames.camera);

/** @param {number} each a rank @returns {boolean} whether its small copy is there; if not, it is fetched */
export const hasSmall = (each) => sheets.cell(strips[0], each) !== null;

/** @param {number[]} some ranks, whose pictures are fetched @returns {boolean} whether the first is there */
export const fetchAhead = (some) => stage.fetchAhead(some.map(urlOf));

/** Everything anew: frames, switches or span are others. */
export function update() {
  select();
  const [low, high] = ranks();
  strips = stridesFor(high - low, track.width).map((stride) => stripOf(ids, hashes, stride));
  page.daylight.checked = view.daylight;
  page.hour.disabled = view.hour === null;
  page.daily.checked = view.hour !== null;
  if (view.hour !== null) page.hour.value = `${view.hour}`;
  showSpan();
  go(nearest(view.at ?? 0), { isMoved: false });
}

/** Shows another view. @param {Partial<typeof view>} changes */
export function change(changes) {
  Object.assign(view, changes);
  update();
}

/**
 * Shows a picture.
 * @param {number} to a rank
 * @param {object} how
 * @param {boolean} [how.isMoving] whether a finger holds the track
 * @param {boolean} [how.isMoved] whether the viewer went there
 * @param {Gap} [how.gap] the one that was pointed at
 */
export function go(to, { isMoving = false, isMoved = true, gap } = {}) {
  rank = to;
  document.body.toggleAttribute("data-none", rank < 0);
  if (rank < 0) return showNothing();
  const [before] = span();
  const [low, high] = ranks();
  if (isMoved || (rank >= low && rank < high)) view.at = timeOf(rank);
  if (before !== span()[0]) update();
  showPicture(isMoving);
  stage.say(gap && isWhole(gap) ? texts.noPictureHere(gapWords(gap)) : "");
  clearTimeout(settling);
  settling = setTimeout(settle, isMoving ? SETTLE_MS : 0);
}

/** @param {number} each @param {boolean} isMoving */
function picture(each, isMoving) {
  const cell = sheets.cell(strips[0], each, false); // fetched for play alone
  const near = isMoving && !cell ? cellOf(each) : null;
  return { id: ids[each], url: urlOf(each), alt: texts.pictureOf(formatInstant(timeOf(each))), cell, near, isMoving };
}

/** @param {boolean} isMoving */
function showPicture(isMoving) {
  const other = view.with === null ? rank : nearest(view.with, [0, shown.length]);
  const left = Math.min(rank, other);
  const right = Math.max(rank, other);
  if (view.with === null) stage.show(picture(rank, isMoving));
  else stage.show(picture(left, isMoving), picture(right, isMoving));
  setText(page.before, formatInstant(timeOf(left)));
  setText(page.after, formatInstant(timeOf(right)));
  const [low, high] = ranks();
  const time = timeOf(rank);
  const words = `${formatDay(dayKey(time))}, ${formatTime(time, device.capture_interval_seconds < 60)}`;
  track.mark(page.head, time);
  track.mark(page.pin, view.with === null ? Number.NaN : timeOf(other));
  setText(page.when, words);
  page.when.dateTime = iso(time);
  page.when.title = formatUtc(time);
  const facts = [formatSize(frames.bytes[shown[rank]])];
  if (frames.manual.has(ids[rank])) facts.push(texts.capturedByHand);
  if (frames.kept.has(ids[rank])) facts.push(texts.kept);
  if (frames.isDark(shown[rank])) facts.push(texts.dark);
  note(facts.join(" · "));
  page.kept.ariaPressed = `${frames.kept.has(ids[rank])}`;
  page.track.ariaValueMin = "1";
  page.track.ariaValueMax = `${high - low}`;
  page.track.ariaValueNow = `${rank - low + 1}`;
  page.track.ariaValueText = words;
}

/** What need not keep up with a finger: the address, the calendar, the buttons, the neighbours. */
function settle() {
  const time = timeOf(rank);
  history.replaceState(null, "", `?${queryOf(view)}`);
  calendar.show(days, dayKey(view.at ?? time));
  page.download.href = urlOf(rank);
  page.download.download = `${view.camera}_${fileTime(time)}.webp`;
  page.previous.disabled = rank === 0;
  page.next.disabled = rank === ids.length - 1;
  stage.fetchAhead([rank + 1, rank - 1].filter((each) => each in ids).map(urlOf));
}

function showSpan() {
  document.body.removeAttribute("data-loading");
  document.body.toggleAttribute("data-empty", !frames.times.length);
  const [from, to] = span();
  const places = shown.slice(...ranks());
  const { camera, daylight, hour } = view;
  const range = { camera, from: iso(from), to: iso(to), daylight };
  for (const input of spans) input.checked = input.value === view.span;
  page.first.value = dayKey(from);
  page.last.value = dayKey(to - 1);
  page.earlier.disabled = !(from > frames.times[0]);
  page.later.disabled = !(to <= (frames.times.at(-1) ?? 0));
  showCounts(places, from, to);
  if (places.length) page.zip.href = address("api/camera/frames/zip", { ...range, hour, tz: ZONE });
  else page.zip.removeAttribute("href");
  timelapses.show({ ...range, daily_at: hour === null ? null : `${two(hour)}:00` }, places.length > 0);
  track.show(frames, places, from, to);
  showGaps();
  loadGaps();
}

/** Those of the span; what can't be loaded now is asked for with the next news. */
export async function loadGaps(isNewsWanted = false) {
  const [from, to] = span();
  if (!view.camera) return;
  const isOther = await gaps.load(view.camera, from, to, isNewsWanted).catch(() => false);
  if (isOther) showGaps();
}

/** @param {(camera: string) => Promise<boolean>} load which returns whether there are others now */
export async function loadMissed(load) {
  if (!view.camera || !(await load(view.camera).catch(() => false))) return;
  recount();
  if (rank >= 0) calendar.show(days, dayKey(view.at ?? timeOf(rank)));
}

/** How much there is of a span. @param {Uint32Array} places @param {number} from @param {number} to */
function showCounts(places, from, to) {
  const [low, high] = [from, to].map((end) => countBelow(frames.times.length, (place) => frames.times[place], end));
  const hidden = high - low - places.length;
  const count = texts.pictures(places.length);
  setText(page["span-note"], hidden ? texts.someHidden(count, hidden) : texts.allShown(count));
  const bytes = places.reduce((sum, place) => sum + frames.bytes[place], 0);
  setText(page["take-title"], places.length ? texts.exportThese(places.length) : texts.nothingToExport);
  setText(page.zip, texts.downloadZip(formatSize(bytes)));
  page.zip.hidden = !places.length;
}

function showGaps() {
  const [from, to] = span();
  const some = gaps.list.filter((gap) => gap.to > from && gap.from < to);
  const [summary, list] = page.gaps.children;
  page.gaps.hidden = !some.length;
  setText(summary, texts.gaps(some.reduce((sum, gap) => sum + gap.gaps, 0)));
  list.replaceChildren(
    ...some.slice(-SHOWN_GAPS).map((gap) => make("li", {}, `${gapWords(gap)}. ${gap.detail ?? ""}`)),
  );
  track.showGaps(some);
}

function showNothing() {
  const hasFrames = frames.times.length > 0;
  setText(page.when, hasFrames ? texts.nothingToShow : texts.nothingArchived);
  note("");
  stage.say(hasFrames ? texts.allHidden : due || whenFirstComes());
}

function whenFirstComes() {
  const { capture_interval_seconds: seconds, is_streaming: isStreaming, state, last_error: error } = device;
  const due = Math.ceil(Date.now() / 1_000 / seconds) * seconds * 1_000;
  const first = isStreaming
    ? texts.firstIsDue(formatTime(due))
    : texts.firstComesWhenItDelivers(state ?? texts.stateNotKnown, error);
  return seconds ? texts.thenEvery(first, formatInterval(seconds)) : `${first}.`; // of an unknown camera nothing is known
}
