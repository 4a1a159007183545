/* The timeline's arithmetic: spans, lookups, sheets, scale, calendar. The clock is Berlin's, with summer time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf, firstOf } from "../timeline/cameras.js";
import { daysOf, digitsOf, hashesOf, sums } from "../timeline/frames.js";
import { daysOfMonth, fillOf, monthLater, monthsOf, sumOf } from "../timeline/months.js";
import { Scale } from "../timeline/scale.js";
import { countBelow, nearestPlace } from "../timeline/search.js";
import { placeOnSheet, sheetVersion, stridesFor } from "../timeline/sheets.js";
import { parseView, queryOf, spanOf } from "../timeline/view.js";

const HOUR = 3_600_000;
const local = (/** @type {string} */ text) => new Date(text).getTime();

test("a view comes back from the address that it is kept in", () => {
  const query =
    "camera=a&span=own&at=2026-11-22T10%3A00%3A00.000Z&daylight=true&hour=12&with=2026-11-20T10%3A00%3A00.000Z" +
    "&from=2026-11-20T23%3A00%3A00.000Z&to=2026-11-22T23%3A00%3A00.000Z";
  const view = parseView(query);
  assert.equal(view.at, Date.UTC(2026, 10, 22, 10));
  assert.equal(view.hour, 12);
  assert.equal(`${queryOf(view)}`, query);
});

test("an address that says nothing, or nonsense, shows everything", () => {
  const everything = {
    camera: null,
    span: "all",
    from: null,
    to: null,
    at: null,
    daylight: false,
    hour: null,
    with: null,
  };
  assert.deepEqual(parseView(""), everything);
  assert.deepEqual(parseView("at=yesterday&hour=24&from=x"), everything);
  assert.equal(`${queryOf(parseView("hour=0"))}`, "span=all&hour=0");
});

test("a day is as long as the clocks make it, a week begins on Monday, a month on the first", () => {
  const view = { ...parseView(""), at: local("2026-10-25T12:00") }; // a Sunday of 25 hours
  const span = (/** @type {string} */ name, later = 0) => spanOf({ ...view, span: name }, undefined, undefined, later);
  assert.deepEqual(span("day"), [local("2026-10-25T00:00"), local("2026-10-26T00:00")]);
  assert.equal(span("day")[1] - span("day")[0], 25 * HOUR);
  assert.deepEqual(span("day", -1), [local("2026-10-24T00:00"), local("2026-10-25T00:00")]);
  assert.deepEqual(span("week"), [local("2026-10-19T00:00"), local("2026-10-26T00:00")]);
  assert.deepEqual(span("week", 1), [local("2026-10-26T00:00"), local("2026-11-02T00:00")]);
  assert.deepEqual(span("month", 3), [local("2027-01-01T00:00"), local("2027-02-01T00:00")]);
});

test("all is the whole days of the archive, and a week where there is none", () => {
  const view = parseView("");
  const [oldest, newest] = [local("2026-11-20T10:00"), local("2026-11-22T10:00")];
  assert.deepEqual(spanOf(view, oldest, newest), [local("2026-11-20T00:00"), local("2026-11-23T00:00")]);
  const week = [local("2026-11-23T00:00"), local("2026-11-30T00:00")];
  assert.deepEqual(spanOf(view, undefined, undefined, 0, local("2026-11-26T12:00")), week);
});

test("all of a few minutes is their hour, with labels by the minute", () => {
  const [oldest, newest] = [local("2026-11-22T10:26"), local("2026-11-22T10:30")];
  const [from, to] = spanOf(parseView(""), oldest, newest);
  assert.deepEqual([from, to], [local("2026-11-22T10:00"), local("2026-11-22T11:00")]);
  const labels = [...new Scale(from, to, 400).labels(76)].filter(({ x }) => x >= 0);
  assert.deepEqual(
    labels.map(({ text }) => text),
    ["10:00", "10:15", "10:30", "10:45"],
  );
});

test("days of the viewer's own are followed by as many more", () => {
  const view = { ...parseView("span=own"), from: 1_000, to: 4_000 };
  assert.deepEqual(spanOf(view, 0, 9_000), [1_000, 4_000]);
  assert.deepEqual(spanOf(view, 0, 9_000, -1), [-2_000, 1_000]);
});

test("a sorted row is looked up by halves", () => {
  const row = [10, 20, 20, 30];
  const at = (/** @type {number} */ place) => row[place];
  assert.deepEqual(
    [5, 10, 11, 20, 25, 30, 31].map((limit) => countBelow(4, at, limit)),
    [0, 0, 1, 1, 3, 3, 4],
  );
  assert.equal(countBelow(0, at, 5), 0);
});

test("the nearest is found, the earlier of two that are as near, and within the span", () => {
  const row = [10, 20, 40];
  const at = (/** @type {number} */ place) => row[place];
  const nearest = (/** @type {number} */ target, low = 0, high = 3) => nearestPlace(3, at, target, low, high);
  assert.deepEqual(
    [0, 14, 15, 16, 30, 31, 99].map((target) => nearest(target)),
    [0, 0, 0, 1, 1, 2, 2],
  );
  assert.deepEqual([nearest(0, 1, 3), nearest(99, 0, 2)], [1, 1]);
  assert.equal(nearest(99, 3, 3), 2, "a span without frames takes the nearest of all");
  assert.equal(nearestPlace(0, at, 5, 0, 0), -1);
});

test("a strip has a picture for each pixel of the track, or a hundred", () => {
  assert.deepEqual(stridesFor(10, 1_000), [1, 1, 1]);
  assert.deepEqual(stridesFor(10_000, 1_000), [1, 8, 64]);
  assert.deepEqual(stridesFor(0, 0), [1, 1, 1]);
});

test("a rank leads to a sheet, and to a cell in its rows of ten", () => {
  const { number, begin, end, columns, rows, column, row } = placeOnSheet(1_000, 2, 231);
  assert.deepEqual({ number, begin, end }, { number: 1, begin: 200, end: 400 });
  assert.deepEqual({ columns, rows, column, row }, { columns: 10, rows: 10, column: 5, row: 1 });
});

test("the last sheet is only as large as what is on it", () => {
  const { columns, rows } = placeOnSheet(112, 1, 111);
  assert.deepEqual({ columns, rows }, { columns: 10, rows: 2 });
  assert.deepEqual([placeOnSheet(3, 1, 2).columns, placeOnSheet(3, 1, 2).rows], [3, 1]);
});

test("an instant and its place on the track lead to each other, and nothing lies beyond the ends", () => {
  const scale = new Scale(1_000, 3_000, 200);
  assert.equal(scale.xOf(1_500), 50);
  assert.equal(scale.instantOf(50), 1_500);
  assert.deepEqual([scale.instantOf(-10), scale.instantOf(500)], [1_000, 3_000]);
});

test("labels are round times of the viewer's clock, as close as they have room", () => {
  const texts = (/** @type {string} */ from, /** @type {string} */ to, width = 800) =>
    [...new Scale(local(from), local(to), width).labels(76)].map(({ text }) => text);
  assert.deepEqual(texts("2026-11-22T00:00", "2026-11-23T00:00").slice(0, 3), ["22 Nov", "03:00", "06:00"]);
  assert.deepEqual(texts("2026-11-16T00:00", "2026-11-23T00:00").slice(0, 2), ["16 Nov", "17 Nov"]);
  assert.deepEqual(texts("2026-01-15T00:00", "2026-12-31T00:00").slice(0, 2), ["Jan 2026", "Mar 2026"]);
});

test("days on a track stay at midnight when the clocks are set back", () => {
  const scale = new Scale(local("2026-10-24T00:00"), local("2026-10-28T00:00"), 400);
  const instants = [...scale.labels(76)].map(({ x }) => Math.round(scale.instantOf(x)));
  assert.deepEqual(
    instants,
    ["24", "25", "26", "27"].map((day) => local(`2026-10-${day}T00:00`)),
  );
});

test("a month has its days, and before them what its first week lacks", () => {
  const { blanks, days } = daysOfMonth("2026-02");
  assert.deepEqual([blanks, days.length, days[0], days.at(-1)], [6, 28, "2026-02-01", "2026-02-28"]);
  assert.equal(daysOfMonth("2026-06").blanks, 0, "it begins on a Monday");
  assert.deepEqual(
    [monthLater("2026-12", 1), monthLater("2026-01", -1), monthLater("2026-03", -12)],
    ["2027-01", "2025-12", "2025-03"],
  );
  assert.equal(monthsOf("2026").join(" ").slice(0, 15), "2026-01 2026-02");
});

test("frames are counted by days", () => {
  const times = Float64Array.from(["2026-10-24T23:59", "2026-10-25T00:00", "2026-10-25T23:59"].map(local));
  const days = daysOf({ times, bytes: Float64Array.of(1, 10, 100) });
  assert.deepEqual(Object.fromEntries(days), {
    "2026-10-24": { frames: 1, bytes: 1, missed: 0 },
    "2026-10-25": { frames: 2, bytes: 110, missed: 0 },
  });
  assert.deepEqual(sumOf(days, "2026-10"), { frames: 3, bytes: 111, missed: 0 });
  assert.deepEqual(sumOf(days, "2026-11"), { frames: 0, bytes: 0, missed: 0 });
});

test("the index's differences are added up", () => {
  assert.deepEqual([...sums([1_000, 5, 0, 7])], [1_000, 1_005, 1_005, 1_012]);
});

test("a day with any picture can be told from one with none", () => {
  assert.deepEqual([fillOf(0, 24), fillOf(24, 24)], [0, 1]);
  assert.ok(fillOf(1, 10_000) >= 0.25);
});

test("a sheet has another address when one of its ids means another picture, the same as the server computes", () => {
  const hashes = [...hashesOf("0a1b2c3dffffffff")];
  assert.deepEqual(hashes.map(digitsOf), ["0a1b2c3d", "ffffffff"]);
  assert.equal(sheetVersion([17, 18], hashes), "0b441b18");
  assert.notEqual(sheetVersion([17, 18], [...hashes].reverse()), sheetVersion([17, 18], hashes));
});

const archived = (/** @type {string} */ camera, /** @type {number} */ frames, /** @type {string | null} */ last) => ({
  camera,
  name: camera.toUpperCase(),
  frames,
  bytes: 0,
  first_at: last,
  last_at: last,
  configured: false,
  is_changing: false,
});

test("cameras that only the archive has can be chosen, too, also while no camera is heard", () => {
  const kept = [archived("garden", 3, "2026-11-20T10:00:00Z"), archived("porch", 2, "2026-11-22T10:00:00Z")];
  const empty = archived("cellar", 0, null);
  const devices = [{ key: "porch", name: "Porch", is_default: true }];
  assert.deepEqual(choicesOf(devices, [...kept, empty]), [
    { key: "porch", name: "Porch" },
    { key: "garden", name: "GARDEN (archive only)" },
  ]);
  assert.equal(firstOf(devices, kept), "porch");
  assert.equal(firstOf([], [...kept, empty]), "porch");
  assert.equal(firstOf([], [empty]), undefined);
});
