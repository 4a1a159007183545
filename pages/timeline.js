/*
 * The timeline of one camera's archive. The address tells camera, span, instant, switches and comparison, so that a view
 * can be kept and sent. "Places" count all frames, "ranks" those that the switches leave.
 */

import { ZONE, address, areYouSure, countWords, dateWords, dayKey, dayStart, dayWords, make, request, setText, sizeWords, stretchWords, timeWords } from "./server.js";
import { Calendar } from "./timeline-calendar.js";
import { Frames, countBelow } from "./timeline-frames.js";
import { Timelapses } from "./timeline-lapse.js";
import { Sheets, strip } from "./timeline-sheets.js";
import { Stage, pictureUrl } from "./timeline-stage.js";
import { Track } from "./timeline-track.js";

const NEWS_MS = 60_000;
const AGAIN_MS = 5_000;
const DAY_MS = 86_400_000;
const LINK_SECONDS = 86_400;

const part = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const given = new URLSearchParams(location.search);
const instant = (name) => Date.parse(given.get(name)) || null;
const view = {
  camera: given.get("camera"),
  span: given.get("span") ?? "all",
  from: instant("from"), // of a span of one's own
  to: instant("to"),
  at: instant("at"), // null: the newest
  daylight: given.has("daylight"),
  hour: /^(1?\d|2[0-3])$/.test(given.get("hour")) ? Number(given.get("hour")) : null,
  with: instant("with"),
};
let frames = new Frames("");
let days = new Map();
let device = {};
let shown = []; // places by rank
let ids = [];
let strips = []; // from every frame to few
let rank = -1;
let playing = 0;
let settling = 0;

const sheets = new Sheets(() => {
  track.draw();
  if (rank >= 0) showPicture(true);
});
const stage = new Stage(part.stage);
const track = new Track(part.track, {
  chosen(moment, isMoving) {
    pause();
    go(nearest(moment), { isMoving, gap: frames.gapAt(moment) });
  },
  peeked(moment) {
    const [gap, each] = [frames.gapAt(moment), nearest(moment)];
    if (gap || each < 0) return { words: gap ? gapWords(gap) : "" };
    const [cell, near] = strips.slice(1).map((one) => sheets.cell(one, each));
    return { words: momentWords(timeOf(each)), cell: cell ?? near, id: cell && ids[each] };
  },
  /** The lightest of some frames stands for all: nights would look alike. */
  cellOf(from, to) {
    const some = Array.from({ length: 9 }, (_, n) => nearest(from + ((n + 0.5) * (to - from)) / 9)).filter((each) => timeOf(each) >= from && timeOf(each) < to);
    return some.length ? cellOf(some.reduce((one, other) => (frames.light[shown[other]] > frames.light[shown[one]] ? other : one)), strips.slice(1)) : null;
  },
});
const calendar = new Calendar((day) => {
  view.at = +dayStart(day) + (view.at - dayStart(dayKey(view.at)));
  view.span = "day";
  update();
});
const timelapses = new Timelapses();

const iso = (moment) => new Date(moment).toISOString();
const timeOf = (each) => frames.times[shown[each]];
const urlOf = (each) => pictureUrl(ids[each], timeOf(each));
const momentWords = (moment) => `${dateWords(moment)}, ${timeWords(moment)}`;
const gapWords = ({ from, to, reason, slots }) => `${stretchWords(from, to)}: ${slots.toLocaleString()} missing, ${reason}`;
const note = (text) => setText(part.note, text);

function cellOf(each, some) {
  for (const one of some) {
    const cell = sheets.cell(one, each);
    if (cell) return cell;
  }
  return null;
}

/** The first and last instant of the track, `later` spans on. */
function span(later = 0) {
  const key = dayKey(view.at ?? Date.now());
  const date = dayStart(key);
  const monday = 7 * later - ((date.getDay() + 6) % 7);
  const { span, from, to } = view;
  if (span === "all" && frames.times.length) return [dayStart(dayKey(frames.times[0])), dayStart(dayKey(frames.times.at(-1)), 1)].map(Number);
  if (span === "own" && from < to) return [from + later * (to - from), to + later * (to - from)];
  if (span === "month") return [later, later + 1].map((n) => +new Date(date.getFullYear(), date.getMonth() + n, 1));
  return (span === "day" ? [later, later + 1] : [monday, monday + 7]).map((n) => +dayStart(key, n));
}

const ranks = () => span().map((end) => countBelow(shown.length, timeOf, end));

/** The rank of the frame nearest to an instant, in the span if there is any; -1 without frames. */
function nearest(moment, [low, high] = ranks()) {
  let each = countBelow(shown.length, timeOf, moment);
  if (each && !(timeOf(each) - moment < moment - timeOf(each - 1))) each -= 1;
  return Math.min(low < high ? Math.min(Math.max(each, low), high - 1) : each, shown.length - 1);
}

// What is shown

/** Everything anew: frames, switches or span are others. */
function update() {
  shown = frames.shown(view);
  ids = Array.from(shown, (place) => frames.ids[place]);
  view.at ??= timeOf(shown.length - 1) ?? null;
  const [low, high] = ranks();
  const powers = [(high - low) / (track.width || 1), (high - low) / 100].map((each) => 2 ** Math.floor(Math.log2(Math.max(1, each))));
  strips = [1, ...powers].map((stride) => strip(ids, stride));
  part.daylight.checked = view.daylight;
  part.daily.checked = !(part.hour.disabled = view.hour === null);
  if (view.hour !== null) part.hour.value = view.hour;
  showSpan();
  go(nearest(view.at), { isMoved: false });
}

function go(to, { isMoving = false, isMoved = true, gap } = {}) {
  rank = to;
  if (rank < 0) return showNothing();
  const [before] = span();
  if (isMoved || (rank >= ranks()[0] && rank < ranks()[1])) view.at = timeOf(rank);
  if (before !== span()[0]) update();
  showPicture(isMoving);
  stage.say(gap ? `No picture here. ${gapWords(gap)}.` : "");
  clearTimeout(settling);
  settling = setTimeout(settle, isMoving ? 250 : 0);
}

function picture(each, isMoving) {
  const cell = sheets.cell(strips[0], each, false); // fetched for play alone
  return { id: ids[each], url: urlOf(each), alt: `Picture of ${momentWords(timeOf(each))}`, cell, near: isMoving && !cell ? cellOf(each, strips.slice(1)) : null, isMoving };
}

function showPicture(isMoving) {
  const other = view.with === null ? rank : nearest(view.with, [0, shown.length]);
  const sides = [Math.min(rank, other), Math.max(rank, other)];
  stage.show(...(view.with === null ? [rank] : sides).map((each) => picture(each, isMoving)));
  [part.before, part.after].forEach((tag, n) => setText(tag, momentWords(timeOf(sides[n]))));
  const [low, high] = ranks();
  const time = timeOf(rank);
  const words = `${dayWords(dayKey(time))}, ${timeWords(time)}`;
  track.mark(part.head, time);
  track.mark(part.pin, view.with === null ? NaN : timeOf(other));
  setText(part.when, words);
  Object.assign(part.when, { dateTime: iso(time), title: iso(time).replace("T", " ").replace(/\..*/, " UTC") });
  note([sizeWords(frames.bytes[shown[rank]]), frames.manual.has(ids[rank]) && "captured by hand", frames.isDark(shown[rank]) && "dark"].filter(Boolean).join(" · "));
  Object.assign(part.track, { ariaValueMin: 1, ariaValueMax: high - low, ariaValueNow: rank - low + 1, ariaValueText: words });
}

/** What need not keep up with a finger: the address, the calendar, the buttons, the neighbours. */
function settle() {
  const query = Object.entries({ ...view, from: null, to: null, ...(view.span === "own" && { from: view.from, to: view.to }) }).filter(([, value]) => value !== null && value !== false);
  history.replaceState(null, "", `?${new URLSearchParams(query.map(([name, value]) => [name, ["at", "from", "to", "with"].includes(name) ? iso(value) : value]))}`);
  calendar.show(days, dayKey(view.at));
  Object.assign(part.download, { href: urlOf(rank), download: `${view.camera}_${iso(timeOf(rank)).slice(0, 19).replace(/\W/g, "-")}Z.webp` });
  part.previous.disabled = rank === 0;
  part.next.disabled = rank === ids.length - 1;
  stage.fetchAhead([rank + 1, rank - 1].filter((each) => each in ids).map(urlOf));
}

function showSpan() {
  const [from, to] = span();
  const places = shown.slice(...ranks());
  const [low, high] = [from, to].map((end) => countBelow(frames.times.length, (place) => frames.times[place], end));
  const gaps = frames.gaps.filter((gap) => gap.to > from && gap.from < to);
  const words = countWords(places.length, "picture");
  const { camera, daylight, hour } = view;
  const range = { camera, from: iso(from), to: iso(to), daylight };
  for (const input of part.spans.elements) input.checked = input.value === view.span;
  [part.first.value, part.last.value] = [dayKey(from), dayKey(to - 1)];
  part.earlier.disabled = !(from > frames.times[0]);
  part.later.disabled = !(to <= frames.times.at(-1));
  setText(part["span-note"], high - low === places.length ? `${words}.` : `${words}; the switches hide ${(high - low - places.length).toLocaleString()}.`);
  part.gaps.hidden = !gaps.length;
  setText(part.gaps.firstElementChild, countWords(gaps.length, "gap"));
  part.gaps.lastElementChild.replaceChildren(...gaps.slice(-50).map((gap) => make("li", { textContent: `${gapWords(gap)}. ${gap.detail ?? ""}` })));
  setText(part.zip, `Download ${words}, ${sizeWords(places.reduce((sum, place) => sum + frames.bytes[place], 0))}`);
  part.zip.href = address("api/camera/frames/zip", { ...range, hour, tz: ZONE });
  if (!places.length) part.zip.removeAttribute("href");
  timelapses.show(places.length ? { ...range, daily_at: hour === null ? null : `${`${hour}`.padStart(2, "0")}:00` } : null);
  track.show(frames, places, from, to);
}

function showNothing() {
  const { capture_interval_seconds: seconds, is_streaming: isStreaming, state = "not known", last_error: reason } = device;
  const due = timeWords(Math.ceil(Date.now() / 1000 / seconds) * seconds * 1000);
  const first = isStreaming ? `The first picture is due by ${due}` : `The first picture comes when the camera delivers (it is ${state}${reason ? `: ${reason}` : ""})`;
  setText(part.when, frames.times.length ? "Nothing to show" : "Nothing is archived yet");
  note("");
  stage.say(frames.times.length ? "The switches hide all pictures: turn one off." : `${first}, then one every ${seconds === 3600 ? "hour" : `${seconds} s`}. “Capture now” makes one at once.`);
}

// What can be done

const step = (by) => go(Math.min(Math.max(rank + by, 0), ids.length - 1));

/** A day later or earlier at the same time, or as many days as it takes to get to another picture. */
function stepDay(way) {
  const time = new Date(timeOf(rank));
  const last = timeOf(way > 0 ? ids.length - 1 : 0);
  let to = rank;
  while ((to - rank) * way <= 0 && (last - time) * way > 0) to = nearest(time.setDate(time.getDate() + way), [0, ids.length]);
  go(to);
}

function turn(way) {
  const offset = view.at - span()[0];
  const [from, to] = span(way);
  Object.assign(view, { from, to, at: Math.min(from + offset, to - 1) });
  update();
}

function toEnd(isLast) {
  const [low, high] = ranks();
  if (low < high) go(isLast ? high - 1 : low);
}

function pause() {
  clearTimeout(playing);
  playing = 0;
  part.play.ariaLabel = part.play.title = "Play";
}

function play() {
  const [low, high] = ranks();
  if (rank >= high - 1) go(low);
  part.play.ariaLabel = part.play.title = "Pause";
  (function tick() {
    const ahead = Array.from({ length: 8 }, (_, n) => rank + 1 + n).filter((each) => each < high);
    if (!ahead.length) return pause();
    playing = setTimeout(tick, 1000 / part.speed.value);
    const isThere = stage.fetchAhead(ahead.map(urlOf));
    // Small where the full pictures don't keep up, and waiting where neither does.
    if (isThere || sheets.cell(strips[0], rank + 1)) go(rank + 1, { isMoving: !isThere });
  })();
}

/** Does what the button says, once at a time, and says why when it can't. */
async function act(button, work) {
  button.disabled = true;
  await work().catch((error) => note(error.message));
  button.disabled = false;
}

async function captureNow() {
  note("Capturing…");
  const frame = await request("api/camera/frames", { method: "POST", query: { camera: view.camera } });
  if (!frame?.captured_at) return note(frame.detail);
  Object.assign(view, { at: Date.parse(frame.captured_at), daylight: false, hour: null });
  await refresh();
}

async function deleteIt() {
  const [id, place] = [ids[rank], shown[rank]];
  if (!(await areYouSure(`Delete the picture of ${momentWords(timeOf(rank))} for good?`))) return;
  await request(`api/camera/frames/${id}`, { method: "DELETE" });
  frames.forget(place);
  await refresh();
}

/** Looks for what was archived since. */
async function refresh() {
  await frames.refresh();
  days = frames.days();
  update();
}

async function copy(url, words) {
  // Where the page is not served by HTTPS there is no clipboard to write to.
  const isCopied = await navigator.clipboard?.writeText(url).then(() => true, () => false);
  if (!isCopied) prompt("Copy this link:", url);
  note(`${words}.`);
}

async function copyPicture() {
  const { image_url: url, expires_at: until } = await request("api/camera/links", { method: "POST", body: { frame: ids[rank], expires_in_seconds: LINK_SECONDS } });
  await copy(address(url), until ? `Link to this picture alone, for anybody, until ${momentWords(until)}` : "Link to this picture alone");
}

const KEYS = {
  ArrowLeft: ({ shiftKey }) => (shiftKey ? stepDay(-1) : step(-1)),
  ArrowRight: ({ shiftKey }) => (shiftKey ? stepDay(1) : step(1)),
  Home: () => toEnd(false),
  End: () => toEnd(true),
  PageUp: () => turn(-1),
  PageDown: () => turn(1),
};

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || rank < 0 || target.closest("input:not([type=checkbox]), select, dialog, video")) return;
  if (key === " " ? target.closest("button, a, input, summary") : !KEYS[key]) return;
  event.preventDefault();
  if (key === " ") return part.play.click();
  pause();
  KEYS[key](event);
});

const on = (names, type, listener) => names.split(" ").forEach((name) => part[name].addEventListener(type, listener));
const change = (changes) => {
  Object.assign(view, changes);
  update();
};
on("previous", "click", () => step(-1));
on("next", "click", () => step(1));
on("play", "click", () => (playing ? pause() : play()));
on("earlier", "click", () => turn(-1));
on("later", "click", () => turn(1));
on("capture", "click", () => act(part.capture, captureNow));
on("delete", "click", () => act(part.delete, deleteIt));
on("share", "click", () => copy(location.href, "Link to this view copied"));
on("picture", "click", () => act(part.picture, copyPicture));
on("compare", "click", () => {
  change({ with: view.with === null ? timeOf(rank) : null });
  part.compare.ariaPressed = view.with !== null;
  if (view.with !== null) note("Now choose the other picture on the track.");
});
on("spans", "change", ({ target }) => change({ span: target.value }));
on("daylight", "change", ({ target }) => change({ daylight: target.checked }));
on("daily hour", "change", () => change({ hour: part.daily.checked ? Number(part.hour.value) : null }));
on("first last", "change", () => {
  const [first, last] = [part.first.value, part.last.value].sort();
  if (!first) return;
  const [from, to] = [+dayStart(first), +dayStart(last, 1)];
  change({ span: "own", from, to, at: Math.min(Math.max(view.at, from), to - 1) });
});
on("camera", "change", ({ target }) => location.assign(`?camera=${target.value}`));

async function load() {
  const { devices } = await request("api/devices");
  view.camera ??= (devices.find(({ is_default: isDefault }) => isDefault) ?? devices[0])?.key ?? null;
  if (!view.camera) throw new Error("No camera has reported yet.");
  device = devices.find(({ key }) => key === view.camera) ?? {};
  if (!device.key) devices.push({ key: view.camera, name: view.camera }); // one that is gone still has its archive
  part.camera.replaceChildren(...devices.map(({ key, name }) => new Option(name, key, false, key === view.camera)));
  part.camera.hidden = devices.length < 2;
  frames = new Frames(view.camera);
  await frames.load(() => {
    days = frames.days();
    update();
  });
}

function keepUp() {
  const look = () => document.hidden || playing || refresh().catch(() => {});
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  setInterval(look, NEWS_MS);
}

/** Until all is there: who can't be reached now may be so in a moment. */
async function start() {
  await load().then(keepUp, (error) => {
    note(error.message);
    setTimeout(start, AGAIN_MS);
  });
}

part.hour.append(...Array.from({ length: 24 }, (_, hour) => new Option(timeWords(new Date(2024, 0, 1, hour)), hour, false, hour === 12)));
part.compare.ariaPressed = view.with !== null;
start();
