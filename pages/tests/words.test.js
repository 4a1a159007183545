/* Words about times and quantities, and what is said of time-lapses. The language is British English. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLength } from "../shared/lengths.js";
import { formatSize } from "../shared/quantities.js";
import { dayKey, dayStart, fileTime, formatInstant, formatStretch, formatUtc } from "../shared/time.js";
import { pictures } from "../texts.js";
import { daysLater, hourOf } from "../timeline/dates.js";
import { outlookWords } from "../timeline/outlook-words.js";
import { endingOf, formatPlayingTime, lastDays, nameOf, noteOf, titleOf } from "../timeline/timelapse-words.js";

const local = (/** @type {string} */ text) => new Date(text).getTime();

test("a day begins at the viewer's midnight, and the next one after 23 or 25 hours too", () => {
  assert.equal(dayKey("2026-11-21T23:30:00Z"), "2026-11-22");
  assert.equal(new Date(dayStart("2026-11-22")).toISOString(), "2026-11-21T23:00:00.000Z");
  assert.equal(dayStart("2026-03-29", 1) - dayStart("2026-03-29"), 23 * 3_600_000);
  assert.equal(dayStart("2026-12-31", 1), dayStart("2027-01-01"));
});

test("an instant is told by the viewer's clock, and by no clock but UTC", () => {
  assert.equal(formatInstant("2026-11-22T13:05:09Z"), "22 Nov 2026, 14:05");
  assert.equal(formatUtc("2026-11-22T13:05:09.9Z"), "2026-11-22 13:05:09 UTC");
});

test("a day later is at the same time of day, also where the day has 25 hours", () => {
  assert.equal(daysLater(local("2026-10-24T12:00"), 1), local("2026-10-25T12:00"));
  assert.equal(daysLater(local("2026-11-01T12:00"), -7), local("2026-10-25T12:00"));
  assert.deepEqual([hourOf(local("2026-10-25T00:30")), hourOf(local("2026-07-01T23:59"))], [0, 23]);
});

test("a file's name has the time with its offset, by which two hours of the same name are told apart", () => {
  const [first, second] = ["2026-10-25T00:30:05Z", "2026-10-25T01:30:05Z"].map((text) => fileTime(Date.parse(text)));
  assert.deepEqual([first, second], ["2026-10-25T02-30-05+0200", "2026-10-25T02-30-05+0100"]);
});

test("a stretch has days only where it leaves its own", () => {
  assert.equal(formatStretch(local("2026-11-22T15:00"), local("2026-11-22T17:00")), "15:00 – 17:00");
  assert.equal(formatStretch(local("2026-11-22T22:00"), local("2026-11-23T00:00")), "22:00 – 00:00");
  const words = "22 Nov 2026, 22:00 – 23 Nov 2026, 00:01";
  assert.equal(formatStretch(local("2026-11-22T22:00"), local("2026-11-23T00:01")), words);
});

test("sizes have one digit after the point while they are small", () => {
  const words = [0, 999, 1_000, 1_440_000, 14_400_000, 2.5e9].map(formatSize);
  assert.deepEqual(words, ["0 bytes", "999 bytes", "1 kB", "1.4 MB", "14 MB", "2.5 GB"]);
});

test("one picture is not many", () => {
  assert.deepEqual([0, 1, 2, 12_000].map(pictures), ["0 pictures", "1 picture", "2 pictures", "12,000 pictures"]);
});

test("a film's length is in seconds up to a minute", () => {
  assert.deepEqual([0.25, 59.9, 60, 90.4].map(formatPlayingTime), ["0.3 s", "59.9 s", "1 min 0 s", "1 min 30 s"]);
});

test("a length that somebody set is told in the largest whole unit", () => {
  const words = [1, 45, 60, 5_400, 7_200, 86_400, 90 * 86_400, 730 * 86_400].map(formatLength);
  assert.deepEqual(words, [
    "1 second",
    "45 seconds",
    "1 minute",
    "90 minutes",
    "2 hours",
    "1 day",
    "90 days",
    "2 years",
  ]);
});

const ORDER = { camera: "a", from: "2026-11-20T23:00:00Z", to: "2026-11-22T23:00:00Z", daily_at: null, format: "webm" };

const LAPSE = /** @type {import("../timeline/timelapse-words.js").Timelapse} */ ({
  id: "x",
  camera: "a",
  created_at: "2026-11-23T10:00:00Z",
  format: "webm",
  state: "done",
  request: ORDER,
  frames: 1_200,
  done: 30,
  skipped: 0,
  length_seconds: 50,
  width: 640,
  height: 360,
  bytes: 2_500_000,
  expires_at: "2026-11-30T12:00:00Z",
  error: "no space",
});

test("a time-lapse is described by how far it is", () => {
  assert.equal(noteOf({ ...LAPSE, state: "queued" }), "Waits its turn: 50 s.");
  assert.equal(noteOf({ ...LAPSE, state: "rendering" }), "30 of 1,200 pictures.");
  const skipped = "30 of 1,200 pictures, 1 damaged picture left out.";
  assert.equal(noteOf({ ...LAPSE, state: "rendering", skipped: 1 }), skipped);
  assert.equal(noteOf({ ...LAPSE, state: "failed" }), "Failed: no space.");
  assert.equal(noteOf(LAPSE), "50 s, 640 × 360, 2.5 MB. Kept until 30 Nov 2026.");
  assert.equal(noteOf({ ...LAPSE, expires_at: null }), "50 s, 640 × 360, 2.5 MB.");
});

test("a time-lapse is named for its days, of which the last ends at midnight", () => {
  assert.equal(titleOf(ORDER), "a, 21 Nov 2026 – 22 Nov 2026");
  const day = { ...ORDER, to: "2026-11-21T23:00:00Z", daily_at: "12:00:00" };
  assert.equal(titleOf(day), "a, 21 Nov 2026, daily at 12:00");
});

test("a time-lapse that made itself, or lost its record, says so", () => {
  const daily = { ...LAPSE, schedule: "daily", recovered: true };
  const said = "50 s, 640 × 360, 2.5 MB. Made by itself (daily). Its record was lost; this is what the video says.";
  assert.equal(noteOf({ ...daily, expires_at: null }), said);
  const unknown = { ...LAPSE, request: null, width: 0, height: 0, expires_at: null };
  assert.equal(noteOf(unknown), "2.5 MB.");
  assert.equal(nameOf(unknown), "a, made on 23 Nov 2026");
  assert.equal(nameOf(LAPSE), titleOf(ORDER));
});

test("a file's ending is its container's", () => {
  const endings = ["webm", "mp4", "h264", "webp"].map((format) => endingOf({ format }));
  assert.deepEqual(endings, ["webm", "mp4", "mp4", "webp"]);
});

test("the last days end now", () => {
  const now = Date.parse("2026-11-26T12:00:00Z");
  assert.deepEqual(lastDays(7, now), { from: "2026-11-19T12:00:00.000Z", to: "2026-11-26T12:00:00.000Z" });
});

test("what an archive takes is told with what will be deleted: how much, of which camera, from when, and when", () => {
  const quiet = { bytes: 3e6, bytes_a_year: 1.2e9, kept_frames: 0, kept_bytes: 0, deletions: [] };
  assert.equal(outlookWords(quiet, "Porch"), "About 1.2 GB a year; nothing will be deleted in the next 30 days.");
  assert.equal(
    outlookWords({ ...quiet, bytes_a_year: 0, kept_frames: 2, kept_bytes: 4e4 }, "Porch"),
    "3 MB by now; nothing will be deleted in the next 30 days. 2 kept pictures, 40 kB, will stay.",
  );
  const stretch = { oldest_at: "2026-10-01T12:00:00Z", first_goes_at: "2026-12-01T12:00:00Z" };
  const byAge = { ...stretch, why: "age", frames: 1, newest_at: "2026-10-01T15:00:00Z" };
  const forRoom = { ...stretch, why: "limit", frames: 240, newest_at: "2026-10-11T12:00:00Z" };
  assert.equal(
    outlookWords({ ...quiet, deletions: [byAge, forRoom] }, "Porch"),
    "About 1.2 GB a year. In the next 30 days will be deleted: 1 picture of Porch, 1 Oct 2026, from 1 Dec 2026 on; " +
      "about 240 pictures of Porch, 1 Oct 2026 – 11 Oct 2026, from 1 Dec 2026 on, to make room.",
  );
});
