/* The gaps of a span: how they are asked for and how they are drawn. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn } from "../timeline/density.js";
import { dueWords } from "../timeline/due.js";
import { cellOf, isWhole, newsFrom } from "../timeline/gaps.js";
import { endsOf, withMissed } from "../timeline/missed.js";
import { Scale } from "../timeline/scale.js";

const HOUR = 3_600_000;

/** @param {number} from @param {number} to @param {object} others */
const gapOf = (from, to, others = {}) => ({
  ...{ from, to, reason: "camera offline", slots: 1, gaps: 1, missingMs: to - from },
  ...others,
});

test("a span is asked for in whole seconds, in fewer stretches than one answer holds", () => {
  for (const span of [1_000, HOUR, 24 * HOUR, 365 * 24 * HOUR]) {
    assert.equal(cellOf(span) % 1_000, 0);
    assert.ok(span / cellOf(span) <= 480);
  }
});

test("news begin before everything that reaches beyond what is known", () => {
  const known = [gapOf(100, 700), gapOf(1_050, 1_100), gapOf(1_200, 2_500), gapOf(2_600, 2_700)];
  assert.equal(newsFrom(known, 2_000, 100), 1_200);
  assert.equal(newsFrom([gapOf(100, 2_050), ...known.slice(1)], 2_000, 100), 100);
  assert.equal(newsFrom([], 2_050, 100), 2_000);
});

test("one wide gap is hatched, and of many small ones each pixel has its share", () => {
  const scale = new Scale(0, 1_000 * HOUR, 100); // ten hours each pixel
  const minutes = Array.from({ length: 100 }, (_, n) =>
    gapOf(n * HOUR, (n + 1) * HOUR - 60_000, { missingMs: HOUR / 2, gaps: 30 }),
  );
  const { wide, missing } = drawn([...minutes, gapOf(500 * HOUR, 600 * HOUR)], scale);
  assert.deepEqual(wide, [{ x: 50, width: 10, isDeleted: false }]);
  for (let x = 0; x < 10; x += 1) assert.ok(Math.abs(missing[x] - 0.5) < 0.01, `${missing[x]}`);
  assert.equal(missing[20], 0);
  assert.equal(missing[55], 0);
});

test("a deleted picture is hatched however narrow, and is no part of what is missing", () => {
  const { wide, missing } = drawn([gapOf(0, HOUR, { reason: "deleted" })], new Scale(0, 1_000 * HOUR, 100));
  assert.deepEqual(wide, [{ x: 0, width: 2, isDeleted: true }]);
  assert.equal(missing.find(Boolean), undefined);
  assert.deepEqual([isWhole(gapOf(0, 10)), isWhole(gapOf(0, 10, { missingMs: 5 }))], [true, false]);
});

test("a day with nothing but missed slots is a day, too", () => {
  const days = new Map([["2026-11-22", { frames: 3, bytes: 9, missed: 0 }]]);
  const missed = new Map(Object.entries({ "2026-11-22": 2, "2026-11-23": 5, "2026-11-24": 0 }));
  assert.deepEqual(Object.fromEntries(withMissed(days, missed)), {
    "2026-11-22": { frames: 3, bytes: 9, missed: 2 },
    "2026-11-23": { frames: 0, bytes: 0, missed: 5 },
  });
});

test("a month and a year end where the next begins", () => {
  const local = (/** @type {string} */ text) => new Date(text).getTime();
  assert.deepEqual(endsOf("2026-10"), [local("2026-10-01T00:00"), local("2026-11-01T00:00")]);
  assert.deepEqual(endsOf("2026"), [local("2026-01-01T00:00"), local("2027-01-01T00:00")]);
});

test("the next picture is named by the sun where the sun decides, and is not named while pictures are due", () => {
  const now = Date.parse("2026-11-22T21:00:00Z");
  const capturing = {
    camera: "a",
    interval_seconds: 3_600,
    capture_when: "daylight",
    is_due: false,
    next_at_is: "sunrise",
  };
  const tomorrow = { ...capturing, next_at: "2026-11-23T06:12:00Z" };
  assert.equal(dueWords(tomorrow, now), "No picture is due now: next picture at sunrise 23 Nov 2026, 07:12.");
  const today = { ...tomorrow, next_at_is: null };
  const early = Date.parse("2026-11-23T01:00:00Z");
  assert.equal(dueWords(today, early), "No picture is due now: next picture at 07:12.");
  assert.equal(dueWords({ ...tomorrow, is_due: true }, now), "");
  assert.equal(dueWords({ ...tomorrow, interval_seconds: null }, now), "");
  assert.equal(dueWords(undefined, now), "");
  assert.match(dueWords({ ...tomorrow, next_at: null }, now), /within a year/);
});
