/*
 * The timeline of one camera's archive: what is shown, and what can be done. "Places" count all frames, "ranks" those
 * that the switches leave.
 */

import { make, setText } from "../shared/dom.js";
import { formatSize } from "../shared/quantities.js";
import { address, request } from "../shared/server.js";
import {
  dayKey,
  dayStart,
  formatDay,
  formatInstant,
  formatStretch,
  formatTime,
  formatUtc,
  two,
  ZONE,
} from "../shared/time.js";
import * as texts from "../texts.js";
import { Calendar } from "./calendar.js";
import { isConfirmed } from "./confirmation.js";
import { page } from "./elements.js";
import { daysOf, Frames } from "./frames.js";
import { isPlaying, pause, play } from "./play.js";
import { countBelow, nearestPlace } from "./search.js";
import { Sheets, stridesFor, stripOf } from "./sheets.js";
import { pictureUrl, Stage } from "./stage.js";
import { Timelapses } from "./timelapses.js";
import { Track } from "./track.js";
import { parseView, queryOf, spanOf } from "./view.js";

/** @import { Gap } from "./frames.js" */
/** @import { Cell, Strip } from "./sheets.js" */

const NEWS_MS = 60_000;
const AGAIN_MS = 5_000;
const LINK_SECONDS = 86_400;
/** While the finger moves, what need not keep up with it waits so long. */
const SETTLE_MS = 250;
const SHOWN_GAPS = 50;
/** Pictures that are fetched before they are played. */
const FETCHED_AHEAD = 8;
/** How many pictures of a stretch are looked at for the lightest. */
const LOOKED_AT = 9;

const view = parseView(location.search);
let frames = new Frames("");
let days = daysOf(frames, []);
/** The camera as `api/devices` tells of it; empty where it is gone. @type {Record<string, any>} */
let device = {};
/** Places by rank. @type {Uint32Array} */
let shown = new Uint32Array();
/** Ids by rank. @type {number[]} */
let ids = [];
/** From every frame to few. @type {Strip[]} */
let strips = [];
let rank = -1;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let settling;

const sheets = new Sheets(() => {
  track.draw();
  if (rank >= 0) showPicture(true);
});
const stage = new Stage();
const track = new Track({
  chosen(instant, isMoving) {
    pause();
    go(nearest(instant), { isMoving, gap: frames.gapAt(instant) });
  },
  peeked(instant) {
    const gap = frames.gapAt(instant);
    const each = nearest(instant);
    if (gap || each < 0) return { text: gap ? gapWords(gap) : "" };
    const [cell, near] = strips.slice(1).map((strip) => sheets.cell(strip, each));
    return { text: formatInstant(timeOf(each)), cell: cell ?? near, id: cell && ids[each] };
  },
  /** The lightest of some frames stands for all: nights would look alike. */
  cellOf(from, to) {
    const some = Array.from({ length: LOOKED_AT }, (_, n) =>
      nearest(from + ((n + 0.5) * (to - from)) / LOOKED_AT),
    ).filter((each) => timeOf(each) >= from && timeOf(each) < to);
    const light = (/** @type {number} */ each) => frames.light[shown[each]];
    return some.length ? cellOf(some.reduce((one, other) => (light(other) > light(one) ? other : one))) : null;
  },
});
const calendar = new Calendar((day) => {
  const at = view.at ?? Date.now();
  view.at = dayStart(day) + (at - dayStart(dayKey(at)));
  view.span = "day";
  update();
});
const timelapses = new Timelapses();
const spans = [...page.spans.querySelectorAll("input")];

const iso = (/** @type {number} */ instant) => new Date(instant).toISOString();
const timeOf = (/** @type {number} */ each) => frames.times[shown[each]];
const urlOf = (/** @type {number} */ each) => pictureUrl(ids[each], timeOf(each));
const note = (/** @type {string} */ text) => setText(page.note, text);
const gapWords = (/** @type {Gap} */ { from, to, reason, slots }) => texts.gap(formatStretch(from, to), slots, reason);

/** The small copy of a frame, or of one near to it. @param {number} each @returns {Cell | null} */
function cellOf(each) {
  for (const strip of strips.slice(1)) {
    const cell = sheets.cell(strip, each);
    if (cell) return cell;
  }
  return null;
}

/** The first and last instant of the track, so many spans later. */
const span = (later = 0) => spanOf(view, frames.times[0], frames.times.at(-1), later);

/** The ranks of the span: the first, and the one after the last. */
const ranks = () => span().map((end) => countBelow(shown.length, timeOf, end));

/** The rank of the frame nearest to an instant, in the span if there is any; -1 without frames. */
const nearest = (/** @type {number} */ instant, [low, high] = ranks()) =>
  nearestPlace(shown.length, timeOf, instant, low, high);

// What is shown

/** Everything anew: frames, switches or span are others. */
function update() {
  shown = frames.shown(view);
  ids = Array.from(shown, (place) => frames.ids[place]);
  view.at ??= timeOf(shown.length - 1) ?? null;
  const [low, high] = ranks();
  strips = stridesFor(high - low, track.width).map((stride) => stripOf(ids, stride));
  page.daylight.checked = view.daylight;
  page.hour.disabled = view.hour === null;
  page.daily.checked = view.hour !== null;
  if (view.hour !== null) page.hour.value = `${view.hour}`;
  showSpan();
  go(nearest(view.at ?? 0), { isMoved: false });
}

/**
 * @param {number} to a rank
 * @param {object} how
 * @param {boolean} [how.isMoving] whether a finger holds the track
 * @param {boolean} [how.isMoved] whether the viewer went there
 * @param {Gap} [how.gap] the one that was pointed at
 */
function go(to, { isMoving = false, isMoved = true, gap } = {}) {
  rank = to;
  if (rank < 0) return showNothing();
  const [before] = span();
  const [low, high] = ranks();
  if (isMoved || (rank >= low && rank < high)) view.at = timeOf(rank);
  if (before !== span()[0]) update();
  showPicture(isMoving);
  stage.say(gap ? texts.noPictureHere(gapWords(gap)) : "");
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
  const words = `${formatDay(dayKey(time))}, ${formatTime(time)}`;
  track.mark(page.head, time);
  track.mark(page.pin, view.with === null ? Number.NaN : timeOf(other));
  setText(page.when, words);
  page.when.dateTime = iso(time);
  page.when.title = formatUtc(time);
  const facts = [formatSize(frames.bytes[shown[rank]])];
  if (frames.manual.has(ids[rank])) facts.push(texts.capturedByHand);
  if (frames.isDark(shown[rank])) facts.push(texts.dark);
  note(facts.join(" · "));
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
  page.download.download = `${view.camera}_${iso(time).slice(0, 19).replace(/\W/g, "-")}Z.webp`;
  page.previous.disabled = rank === 0;
  page.next.disabled = rank === ids.length - 1;
  stage.fetchAhead([rank + 1, rank - 1].filter((each) => each in ids).map(urlOf));
}

function showSpan() {
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
  timelapses.show(places.length ? { ...range, daily_at: hour === null ? null : `${two(hour)}:00` } : null);
  track.show(frames, places, from, to);
}

/** How much there is of a span. @param {Uint32Array} places @param {number} from @param {number} to */
function showCounts(places, from, to) {
  const [low, high] = [from, to].map((end) => countBelow(frames.times.length, (place) => frames.times[place], end));
  const hidden = high - low - places.length;
  const count = texts.pictures(places.length);
  setText(page["span-note"], hidden ? texts.someHidden(count, hidden) : texts.allShown(count));
  const bytes = places.reduce((sum, place) => sum + frames.bytes[place], 0);
  setText(page.zip, texts.downloadZip(count, formatSize(bytes)));
  const gaps = frames.gaps.filter((gap) => gap.to > from && gap.from < to);
  const [summary, list] = page.gaps.children;
  page.gaps.hidden = !gaps.length;
  setText(summary, texts.gaps(gaps.length));
  list.replaceChildren(
    ...gaps.slice(-SHOWN_GAPS).map((gap) => make("li", {}, `${gapWords(gap)}. ${gap.detail ?? ""}`)),
  );
}

function showNothing() {
  const hasFrames = frames.times.length > 0;
  setText(page.when, hasFrames ? texts.nothingToShow : texts.nothingArchived);
  note("");
  stage.say(hasFrames ? texts.allHidden : whenFirstComes());
}

function whenFirstComes() {
  const { capture_interval_seconds: seconds, is_streaming: isStreaming, state, last_error: error } = device;
  const due = Math.ceil(Date.now() / 1_000 / seconds) * seconds * 1_000;
  const first = isStreaming
    ? texts.firstIsDue(formatTime(due))
    : texts.firstComesWhenItDelivers(state ?? texts.stateNotKnown, error);
  return texts.thenOneEvery(first, seconds);
}

// What can be done

/** @param {1 | -1} by */
const step = (by) => go(Math.min(Math.max(rank + by, 0), ids.length - 1));

/**
 * A day later or earlier at the same time, or as many days as it takes to get to another picture.
 * @param {1 | -1} way
 */
function stepDay(way) {
  const time = new Date(timeOf(rank));
  const last = timeOf(way > 0 ? ids.length - 1 : 0);
  let to = rank;
  while ((to - rank) * way <= 0 && (last - time.getTime()) * way > 0) {
    to = nearest(time.setDate(time.getDate() + way), [0, ids.length]);
  }
  go(to);
}

/** To another span. @param {1 | -1} way */
function turn(way) {
  const offset = (view.at ?? Date.now()) - span()[0];
  const [from, to] = span(way);
  change({ from, to, at: Math.min(from + offset, to - 1) });
}

/** @param {boolean} isLast */
function toEnd(isLast) {
  const [low, high] = ranks();
  if (low < high) go(isLast ? high - 1 : low);
}

function playSpan() {
  const [low, high] = ranks();
  if (rank >= high - 1) go(low);
  play(() => {
    const next = rank + 1;
    const ahead = Array.from({ length: FETCHED_AHEAD }, (_, n) => next + n).filter((each) => each < high);
    if (!ahead.length) return false;
    const isThere = stage.fetchAhead(ahead.map(urlOf));
    // Small where the full pictures don't keep up, and waiting where neither does.
    if (isThere || sheets.cell(strips[0], next)) go(next, { isMoving: !isThere });
    return true;
  });
}

/**
 * Does what a button says, once at a time, and says why when it can't.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
async function act(button, work) {
  button.disabled = true;
  await work().catch((error) => note(error.message));
  button.disabled = false;
}

async function captureNow() {
  note(texts.capturing);
  const frame = await request("api/camera/frames", { method: "POST", query: { camera: view.camera } });
  if (!frame?.captured_at) return note(frame.detail);
  Object.assign(view, { at: Date.parse(frame.captured_at), daylight: false, hour: null });
  await refresh();
}

async function deleteShown() {
  const id = ids[rank];
  const place = shown[rank];
  if (!(await isConfirmed(texts.deletePicture(formatInstant(timeOf(rank)))))) return;
  await request(`api/camera/frames/${id}`, { method: "DELETE" });
  frames.forget(place);
  await refresh();
}

/** Looks for what was archived since. */
async function refresh() {
  await frames.refresh();
  days = daysOf(frames, frames.gaps);
  update();
}

/** @param {string} url @param {string} words to say then */
async function copy(url, words) {
  // Where the page is not served by HTTPS there is no clipboard to write to.
  const isCopied = await navigator.clipboard?.writeText(url).then(
    () => true,
    () => false,
  );
  if (!isCopied) prompt(texts.copyThisLink, url);
  note(words);
}

async function copyPicture() {
  const body = { frame: ids[rank], expires_in_seconds: LINK_SECONDS };
  const { image_url: url, expires_at: until } = await request("api/camera/links", { method: "POST", body });
  await copy(address(url), until ? texts.pictureIsCopiedUntil(formatInstant(until)) : texts.pictureIsCopied);
}

function compare() {
  change({ with: view.with === null ? timeOf(rank) : null });
  page.compare.ariaPressed = `${view.with !== null}`;
  if (view.with !== null) note(texts.chooseTheOther);
}

function chooseDays() {
  const [first, last] = [page.first.value, page.last.value].sort();
  if (!first) return;
  const from = dayStart(first);
  const to = dayStart(last, 1);
  change({ span: "own", from, to, at: Math.min(Math.max(view.at ?? to, from), to - 1) });
}

const chooseHour = () => change({ hour: page.daily.checked ? Number(page.hour.value) : null });

/** @param {Partial<typeof view>} changes */
function change(changes) {
  Object.assign(view, changes);
  update();
}

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const KEYS = {
  ArrowLeft: ({ shiftKey }) => (shiftKey ? stepDay(-1) : step(-1)),
  ArrowRight: ({ shiftKey }) => (shiftKey ? stepDay(1) : step(1)),
  Home: () => toEnd(false),
  End: () => toEnd(true),
  PageUp: () => turn(-1),
  PageDown: () => turn(1),
};

addEventListener("keydown", (event) => {
  const { key } = event;
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || rank < 0) return;
  if (target.closest("input:not([type=checkbox]), select, dialog, video")) return;
  if (key === " " ? target.closest("button, a, input, summary") : !KEYS[key]) return;
  event.preventDefault();
  if (key === " ") return page.play.click();
  pause();
  KEYS[key](event);
});

/**
 * @param {HTMLElement} element
 * @param {"click" | "change"} type
 * @param {() => void} listener
 */
const on = (element, type, listener) => element.addEventListener(type, listener);
on(page.previous, "click", () => step(-1));
on(page.next, "click", () => step(1));
on(page.play, "click", () => (isPlaying() ? pause() : playSpan()));
on(page.earlier, "click", () => turn(-1));
on(page.later, "click", () => turn(1));
on(page.capture, "click", () => act(page.capture, captureNow));
on(page.delete, "click", () => act(page.delete, deleteShown));
on(page.share, "click", () => copy(location.href, texts.viewIsCopied));
on(page.picture, "click", () => act(page.picture, copyPicture));
on(page.compare, "click", compare);
on(page.spans, "change", () => change({ span: spans.find((input) => input.checked)?.value }));
on(page.daylight, "change", () => change({ daylight: page.daylight.checked }));
on(page.daily, "change", chooseHour);
on(page.hour, "change", chooseHour);
on(page.first, "change", chooseDays);
on(page.last, "change", chooseDays);
on(page.camera, "change", () => location.assign(`?camera=${page.camera.value}`));

// Life

async function load() {
  const { devices } = await request("api/devices");
  /** @type {Record<string, any>[]} */
  const all = devices;
  view.camera ??= (all.find(({ is_default: isDefault }) => isDefault) ?? all[0])?.key ?? null;
  const { camera } = view;
  if (!camera) throw new Error(texts.noCameraHasReported);
  device = all.find(({ key }) => key === camera) ?? {};
  if (!device.key) all.push({ key: camera, name: camera }); // one that is gone still has its archive
  page.camera.replaceChildren(...all.map(({ key, name }) => new Option(name, key, false, key === camera)));
  page.camera.hidden = all.length < 2;
  frames = new Frames(camera);
  await frames.load(() => {
    days = daysOf(frames, frames.gaps);
    update();
  });
}

function keepUp() {
  const look = () => {
    if (!document.hidden && !isPlaying()) refresh().catch(() => {}); // asked again in a minute
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  setInterval(look, NEWS_MS);
}

/** Until all is there: a server that can't be reached now may be so in a moment. */
async function start() {
  await load().then(keepUp, (error) => {
    note(error.message);
    setTimeout(start, AGAIN_MS);
  });
}

const hours = Array.from({ length: 24 }, (_, hour) => formatTime(new Date(2024, 0, 1, hour)));
page.hour.append(...hours.map((text, hour) => new Option(text, `${hour}`, false, hour === 12)));
page.compare.ariaPressed = `${view.with !== null}`;
start();
