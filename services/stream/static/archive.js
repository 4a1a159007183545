/*
 * The archive of one camera: a calendar, a day's pictures and gaps, a picture in full, a picture now, time-lapses.
 * The address says which camera and day is shown, so that it can be kept and sent to others.
 */

import { ZONE, address, countWords, dayKey, dayStart, dayWords, make, monthWords, range, request, setText, sizeWords, stretchWords, timeWords } from "./server.js";
import { Timelapses } from "./archive-timelapse.js";
import { Viewer } from "./archive-viewer.js";

const PAGE_SIZE = 240;
const NEWS_MS = 60_000;

const part = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const given = new URLSearchParams(location.search);
const model = {
  camera: given.get("camera"),
  day: /^\d{4}-\d\d-\d\d$/.test(given.get("day") ?? "") ? given.get("day") : null,
  month: null, // the first day of the month that the calendar shows
  days: new Map(), // what there is of each day of that month
  frames: [],
  gaps: [],
  cursor: null, // where the day's further frames begin
};
const timelapses = new Timelapses();
const viewer = new Viewer({ deleted: forget, more: loadMore });

// Camera

async function start() {
  try {
    const { devices } = await request("api/devices");
    model.camera ??= (devices.find(({ is_default: main }) => main) ?? devices[0])?.key ?? null;
    // One that is gone still has its archive.
    if (model.camera && !devices.some(({ key }) => key === model.camera)) devices.push({ key: model.camera, name: model.camera });
    part.camera.replaceChildren(...devices.map(({ key, name }) => new Option(name, key, false, key === model.camera)));
    part.camera.hidden = devices.length < 2;
  } catch (error) {
    return note(error.message);
  }
  if (!model.camera) return note("No camera has reported yet.");
  await showCamera();
}

async function showCamera() {
  part.live.href = address("./", { camera: model.camera });
  try {
    model.day ??= dayKey((await request("api/camera/frames/latest", { query: { camera: model.camera } })).captured_at);
  } catch {
    model.day = dayKey(Date.now()); // an empty archive, which the day then says
  }
  await Promise.all([showMonth(model.day), showDay(model.day)]);
  timelapses.show(model.camera, [...model.days.keys()].sort()[0] ?? model.day, model.day);
}

function note(text) {
  setText(part["day-note"], text);
}

// Calendar

async function showMonth(day) {
  const first = `${day.slice(0, 7)}-01`;
  model.month = first;
  setText(part.month, monthWords(first));
  drawMonth(); // at once, and again with what there is
  const last = dayKey(dayStart(first.slice(0, 8) + daysIn(first)));
  try {
    const { days } = await request("api/camera/frames/days", { query: { camera: model.camera, tz: ZONE, ...range(first, last) } });
    if (model.month !== first) return;
    model.days = new Map(days.map((each) => [each.date, each]));
    drawMonth();
    if (model.frames.length) noteDay();
  } catch (error) {
    setText(part["month-note"], error.message);
  }
}

const daysIn = (first) => new Date(Number(first.slice(0, 4)), Number(first.slice(5, 7)), 0).getDate();

function drawMonth() {
  const blank = (dayStart(model.month).getDay() + 6) % 7; // weeks begin on Monday
  const names = [...Array(7).keys()].map((n) => make("span", { textContent: dayStart("2024-01-01", n).toLocaleDateString(undefined, { weekday: "short" }) }));
  const most = Math.max(1, ...[...model.days.values()].map(({ frames }) => frames));
  const buttons = [...Array(daysIn(model.month)).keys()].map((n) => dayButton(dayKey(dayStart(model.month, n)), most));
  part.calendar.replaceChildren(...names, ...Array.from({ length: blank }, () => make("i")), ...buttons);
  const ofMonth = [...model.days.values()];
  const sum = (name) => ofMonth.reduce((total, each) => total + each[name], 0);
  const missed = sum("missed") ? `, ${sum("missed").toLocaleString()} missed` : "";
  setText(part["month-note"], sum("frames") ? `${countWords(sum("frames"), "picture")}, ${sizeWords(sum("bytes"))}${missed}` : "");
}

function dayButton(key, most) {
  const { frames = 0, missed = 0 } = model.days.get(key) ?? {};
  const words = [dayWords(key), countWords(frames, "picture"), missed && `${missed} missed`].filter(Boolean).join(", ");
  const button = make("button", { type: "button", title: words, ariaLabel: words, disabled: !frames && !missed && key !== model.day });
  button.append(`${Number(key.slice(8))}`, make("small", { textContent: frames ? frames.toLocaleString() : missed ? "–" : "\u00a0" }));
  button.dataset.day = key;
  button.toggleAttribute("data-missed", missed > 0);
  button.ariaPressed = `${key === model.day}`;
  button.style.setProperty("--fill", frames ? 0.35 + (0.65 * frames) / most : 0);
  button.addEventListener("click", () => showDay(key));
  return button;
}

// Day

async function showDay(day) {
  model.day = day;
  Object.assign(model, { frames: [], gaps: [], cursor: null });
  history.replaceState(null, "", `?${new URLSearchParams({ camera: model.camera, day })}`);
  document.title = `${day} – Archive – Framecast`;
  setText(part["day-title"], dayWords(day));
  part["day-after"].disabled = day >= dayKey(Date.now());
  part.frames.replaceChildren();
  part.more.hidden = true;
  note("Loading…");
  if (model.month === null || !day.startsWith(model.month.slice(0, 7))) showMonth(day);
  for (const button of part.calendar.querySelectorAll("button")) button.ariaPressed = `${button.dataset.day === day}`;
  try {
    const query = { camera: model.camera, ...range(day) };
    const [gaps] = await Promise.all([request("api/camera/frames/gaps", { query: { ...query, limit: 500 } }), loadFrames(day)]);
    if (model.day !== day) return;
    model.gaps = gaps.gaps;
    drawDay();
  } catch (error) {
    if (model.day === day) note(error.message);
  }
}

async function loadFrames(day) {
  const query = { camera: model.camera, ...range(day), order: "asc", limit: PAGE_SIZE, cursor: model.cursor };
  const { frames, next_cursor: cursor } = await request("api/camera/frames", { query });
  if (model.day !== day) return;
  model.frames = [...model.frames, ...frames];
  model.cursor = cursor;
}

async function loadMore() {
  if (!model.cursor) return null;
  try {
    await loadFrames(model.day);
  } catch (error) {
    note(error.message);
    return null;
  }
  drawDay();
  return model.frames;
}

/** Frames and gaps in the order of time. Those that stay keep their loaded picture and the keyboard's focus. */
function drawDay() {
  const { frames, gaps, cursor } = model;
  const shownUntil = cursor ? new Date(frames.at(-1).captured_at) : Infinity;
  const items = [
    ...frames.map((frame) => [frame.slot_start ?? frame.captured_at, frame.id, () => frameItem(frame)]),
    ...gaps.filter(({ from }) => new Date(from) <= shownUntil).map((gap) => [gap.from, `gap ${gap.from}`, () => gapItem(gap)]),
  ].sort(([one], [other]) => new Date(one) - new Date(other));
  const before = new Map([...part.frames.children].map((item) => [item.dataset.frame, item]));
  part.frames.replaceChildren(...items.map(([, id, draw]) => before.get(`${id}`) ?? draw()));
  part.more.hidden = !cursor;
  noteDay();
}

function noteDay() {
  const { frames, gaps, cursor } = model;
  const { frames: count = frames.length, bytes } = model.days.get(model.day) ?? {};
  const missed = gaps.filter(({ reason }) => reason !== "deleted").reduce((total, { slots }) => total + slots, 0);
  const words = [countWords(cursor ? count : frames.length, "picture"), bytes && sizeWords(bytes)];
  const none = frames.length || missed ? "" : "Nothing was archived on this day.";
  note(none || [...words, missed && `${missed.toLocaleString()} missed`].filter(Boolean).join(" · "));
}

function frameItem(frame) {
  const { id, captured_at: at, thumbnail_url: url, interval_seconds: interval, kind } = frame;
  const time = timeWords(at, interval !== null && interval < 60);
  const button = make("button", { type: "button", title: timeWords(at, true) });
  button.append(
    // `loading` comes before `src`: after it, the image would already be on its way.
    make("img", { loading: "lazy", width: 320, height: 180, alt: `Picture of ${time}`, src: address(url) }),
    make("time", { dateTime: at, textContent: kind === "manual" ? `${time} · by hand` : time }),
  );
  button.addEventListener("click", () => viewer.open(model.frames, model.frames.findIndex((each) => each.id === id)));
  return make("li", { dataset: { frame: id } }, button);
}

function gapItem({ from, to, slots, reason, detail }) {
  const words = reason === "deleted" ? "deleted" : `${slots.toLocaleString()} missed: ${reason}`;
  const box = make("div", { className: "gap", title: detail ?? "", dataset: { reason } }, make("strong", { textContent: words }));
  return make("li", { dataset: { frame: `gap ${from}` } }, box, make("time", { dateTime: from, textContent: stretchWords(from, to) }));
}

function forget({ id }) {
  model.frames = model.frames.filter((frame) => frame.id !== id);
  drawDay();
  showMonth(model.month);
}

// Controls

async function captureNow() {
  part.capture.disabled = true;
  setText(part["capture-note"], "Capturing…");
  try {
    const frame = await request("api/camera/frames", { method: "POST", query: { camera: model.camera } });
    setText(part["capture-note"], frame?.captured_at ? `Captured at ${timeWords(frame.captured_at, true)}.` : frame?.detail ?? "Captured.");
    const today = dayKey(frame?.captured_at ?? Date.now());
    await Promise.all([showDay(today), showMonth(today)]);
  } catch (error) {
    setText(part["capture-note"], error.message);
  }
  part.capture.disabled = false;
}

/** Looks for what was archived since, while the newest day is shown. */
async function refresh() {
  if (document.hidden || model.day !== dayKey(Date.now()) || model.cursor || !model.camera) return;
  const day = model.day;
  const last = model.frames.at(-1);
  const query = { camera: model.camera, ...range(day), order: "asc", limit: PAGE_SIZE };
  if (last) query.from = last.captured_at;
  const [{ frames }, { gaps }] = await Promise.all([
    request("api/camera/frames", { query }),
    request("api/camera/frames/gaps", { query: { camera: model.camera, ...range(day), limit: 500 } }),
  ]);
  if (model.day !== day) return;
  const known = new Set(model.frames.map(({ id }) => id));
  model.frames = [...model.frames, ...frames.filter(({ id }) => !known.has(id))];
  model.gaps = gaps;
  drawDay();
  await showMonth(model.month);
}

const otherDay = (later) => showDay(dayKey(dayStart(model.day, later)));
const otherMonth = (later) => {
  const date = dayStart(model.month);
  showMonth(dayKey(new Date(date.getFullYear(), date.getMonth() + later, 1)));
};

part["day-before"].addEventListener("click", () => otherDay(-1));
part["day-after"].addEventListener("click", () => otherDay(1));
part["month-before"].addEventListener("click", () => otherMonth(-1));
part["month-after"].addEventListener("click", () => otherMonth(1));
part.more.addEventListener("click", loadMore);
part.capture.addEventListener("click", captureNow);
part.camera.addEventListener("change", ({ target }) => {
  Object.assign(model, { camera: target.value, day: null, month: null });
  showCamera();
});
document.addEventListener("visibilitychange", () => refresh().catch(() => {}));
setInterval(() => refresh().catch(() => {}), NEWS_MS);
start();
