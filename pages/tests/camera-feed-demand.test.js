/* What a feed asks for, and how long it waits before it asks again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { combined, demandOf, fittingWidth, isSame } from "../camera-feed/demand.js";
import { retryMs } from "../camera-feed/timing.js";

const DEVICE = { key: "a", is_default: true, width: 1920, height: 1080, widths: [1280, 320, 640] };

test("the first width that is wide enough is taken, and the camera's own where none is", () => {
  const widths = [100, 320, 321, 1280, 1281].map((needed) => fittingWidth(DEVICE, needed));
  assert.deepEqual(widths, [320, 320, 640, 1280, undefined]);
  assert.deepEqual(DEVICE.widths, [1280, 320, 640], "the server's list is left as it was");
  assert.equal(fittingWidth(undefined, 100), undefined);
});

test("a width that is no smaller than the camera's own is not asked for", () => {
  assert.equal(fittingWidth({ ...DEVICE, width: 640 }, 500), undefined);
});

test("the attribute is a width, the camera's own size, or else what suits", () => {
  const fitting = () => 640;
  assert.deepEqual(demandOf("320px", 5, fitting), { width: 320, fps: 5 });
  assert.deepEqual(demandOf("main", undefined, fitting), { fps: undefined });
  for (const quality of ["", "auto", "best"]) {
    assert.deepEqual(demandOf(quality, undefined, fitting), { width: 640, fps: undefined, quality: "auto" });
  }
});

test("several feeds of a camera get the widest and the fastest that any of them wants", () => {
  const [small, large] = [
    { width: 320, fps: 2, quality: "auto" },
    { width: 640, fps: 5, quality: "auto" },
  ];
  assert.deepEqual(combined([small, large]), { width: 640, fps: 5, quality: "auto" });
  assert.deepEqual(combined([small, { fps: 1 }]), { width: undefined, fps: 2, quality: undefined });
  assert.deepEqual(combined([small, {}]), { width: undefined, fps: undefined, quality: undefined });
});

test("the demand of one feed alone is what the socket is opened with", () => {
  for (const demand of [{ width: 320, fps: undefined, quality: "auto" }, { width: 320, fps: 5 }, { fps: undefined }]) {
    assert.ok(isSame(combined([demand]), demand), JSON.stringify(demand));
  }
});

test("the wait doubles with each failure, up to a limit, and is longer after a refusal", () => {
  const longest = (/** @type {boolean} */ isRefusal) =>
    [0, 1, 2, 10].map((failures) => retryMs(failures, isRefusal, 1));
  assert.deepEqual(longest(false), [500, 1_000, 2_000, 15_000]);
  assert.deepEqual(longest(true), [2_000, 4_000, 8_000, 15_000]);
});

test("pages that lost the same server don't all come back at the same moment", () => {
  assert.equal(retryMs(10, false, 0), 7_500);
  const waits = new Set(Array.from({ length: 20 }, () => retryMs(3, false)));
  assert.ok(waits.size > 1);
  assert.ok([...waits].every((wait) => wait >= 2_000 && wait <= 4_000));
});
