/* What the live page says of cameras, and how large it shows them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { detailRows } from "../aside/details.js";
import { yearBefore } from "../aside/year-ago.js";
import { describe, factsLine, summary } from "../live/description.js";
import { rowHeight } from "../live/row-height.js";
import { faultOf, saidOf } from "../shared/fault.js";
import { formatRoughly } from "../shared/rough-lengths.js";

/** @type {import("../camera-feed/camera-feed.js").CameraFeedState} */
const live = "live";
const FEED = { state: live, reason: "", capturedAt: null, ageMs: 1_400, fps: 9.6 };
const DEVICE = {
  key: "a",
  state: "offline",
  since: new Date().toISOString(),
  last_error: "No route.",
  viewer_count: 1,
};

test("what the element sees goes before what the server says", () => {
  assert.deepEqual(describe(FEED, DEVICE, true), { state: "live", title: "Live", detail: "" });
  assert.equal(describe({ ...FEED, state: "paused" }, DEVICE, false).title, "Paused");
  assert.deepEqual(describe(FEED, DEVICE, false), { state: "offline", title: "Not reached", detail: "" });
});

test("a camera in trouble says since when and why, or what to do", () => {
  const stale = { ...FEED, state: /** @type {const} */ ("stale"), reason: "No picture comes." };
  const { state, title, detail, since } = describe(stale, DEVICE, true);
  assert.match(since ?? "", /^\d\d:\d\d$/);
  assert.equal(factsLine({ ...FEED, state: "stale" }, DEVICE, since), `since ${since}`);
  assert.deepEqual([state, title, detail], ["offline", "Offline", "No route."]);
  assert.equal(describe(stale, { ...DEVICE, state: "unknown" }, true).title, "No news");
  assert.match(describe(stale, { ...DEVICE, state: "disabled" }, true).detail, /CAMERA_ENABLED=true/);
  assert.equal(describe(stale, { ...DEVICE, last_error: null }, true).detail, "No picture comes.");
});

test("what programs say of a fault is for the details, what to do stays", () => {
  const record = "`framecast record-camera KEY` saves the exchange.";
  const words = `It can't be opened. The camera says to PLAY: 551 No: not now With FFmpeg instead: It is off. ${record}`;
  assert.equal(faultOf(words), `It can't be opened. With FFmpeg instead: It is off. ${record}`);
  assert.equal(saidOf(words), "The camera says to PLAY: 551 No: not now");
  const both = `It can't be opened. With FFmpeg instead: No. FFmpeg says: Invalid data. ${record}`;
  assert.deepEqual(
    [faultOf(both), saidOf(both)],
    [`It can't be opened. With FFmpeg instead: No. ${record}`, "FFmpeg says: Invalid data."],
  );
  assert.deepEqual([faultOf("No route."), saidOf("No route."), saidOf(null)], ["No route.", "", ""]);
});

test("where the camera is well the way to it is not, or nobody looks", () => {
  const well = { ...DEVICE, state: "idle" };
  const stale = { ...FEED, state: /** @type {const} */ ("stale"), reason: "No picture comes." };
  const lost = { state: "connecting", title: "Reconnecting…", detail: "No picture comes." };
  assert.deepEqual(describe(stale, well, true), lost);
  const hidden = { ...FEED, state: /** @type {const} */ ("hidden") };
  assert.deepEqual(describe(hidden, well, true), { state: "idle", title: "Ready", detail: "" });
});

test("all cameras together are as well as the worst", () => {
  const tile = (/** @type {string} */ name, /** @type {string} */ state) => ({
    name,
    words: { state, title: "", detail: "" },
  });
  const well = [tile("Door", "live"), tile("Yard", "idle")];
  assert.deepEqual(summary(well, false), {
    name: "2 cameras",
    words: { state: "live", title: "All live", detail: "" },
  });
  const { words } = summary([...well, tile("Shed", "stalled"), tile("Roof", "offline")], false);
  assert.deepEqual(words, { state: "offline", title: "2 not live: Shed, Roof", detail: "" });
  assert.equal(summary([tile("Shed", "stalled")], true).words.title, "Paused");
});

test("facts that are not known are left out, and nothing is a fact where it is a number", () => {
  assert.equal(factsLine(FEED, DEVICE), "1 s old · 10 fps");
  assert.equal(factsLine(FEED, { ...DEVICE, viewer_count: 2 }), "1 s old · 10 fps · 2 viewers");
  assert.equal(factsLine({ ...FEED, ageMs: null, state: "stale" }, undefined), "");
  assert.equal(factsLine({ ...FEED, fps: 0.1 }, DEVICE), "1 s old", "a live picture has no rate of 0");
  const unknown = { ageMs: null, fps: 0, pictureWidth: 0, pictureHeight: 0, transport: null };
  assert.deepEqual(detailRows(unknown, { viewer_count: 0, width: null }), [["Viewers", 0]]);
});

test("a rough length is in the largest unit that is not misleading", () => {
  const lengths = [0.3, 1, 119, 120, 3_599, 3_600, 172_799, 172_800].map(formatRoughly);
  assert.deepEqual(lengths, ["300 ms", "1 s", "119 s", "2 min", "60 min", "1 h", "48 h", "2 days"]);
});

test("pictures are as large as fits below each other", () => {
  assert.equal(rowHeight([2], 1_000, 800, 40), 500, "one is limited by the width");
  assert.equal(rowHeight([2], 1_000, 440, 40), 400, "or by the height");
  const row = rowHeight([2, 2, 2, 2], 1_012, 604, 40);
  assert.ok(row > 245 && row <= 250, `two and two: ${row}`);
});

test("where they can't all be seen at once they are wide enough, and as high as that makes them", () => {
  const row = rowHeight(Array(40).fill(2), 484, 300, 40);
  assert.equal(row, (484 - 12) / 2 / 2);
  const [one, two] = [false, true].map((isNarrow) => rowHeight(Array(12).fill(2), 358, 300, 40, isNarrow));
  assert.deepEqual([one, two], [358 / 2, (358 - 12) / 2 / 2], "a phone has one column, or two where they are wanted");
});

test("a year ago is the same time of the same day of the calendar, also after a leap day", () => {
  const before = (/** @type {string} */ now) => new Date(yearBefore(Date.parse(now))).toISOString();
  assert.equal(before("2026-11-26T14:05:00Z"), "2025-11-26T14:05:00.000Z");
  assert.equal(before("2025-01-15T12:00:00Z"), "2024-01-15T12:00:00.000Z");
  assert.equal(before("2024-02-29T12:00:00Z"), "2023-03-01T12:00:00.000Z");
});
