/* Areas on a picture, and which settings stand together. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boxOf,
  isLarge,
  moved,
  readCrop,
  readMasks,
  rectangle,
  resized,
  withCorner,
  writeCrop,
  writeMasks,
} from "../cameras/areas.js";
import { grouped } from "../cameras/groups.js";

/** @import { Area } from "../cameras/areas.js" */
/** @import { Description } from "../cameras/setting.js" */

/** @type {Area} */
const TRIANGLE = [
  [0.8, 0.5],
  [1, 0.5],
  [1, 1],
];

test("masks are read as they are written, however their numbers are", () => {
  assert.equal(
    writeMasks(readMasks("0,0 .3,0  .3,.2 0,0.2;0.8,0.5 1,0.5 1,1") ?? []),
    "0,0 0.3,0 0.3,0.2 0,0.2; 0.8,0.5 1,0.5 1,1",
  );
  assert.deepEqual(readMasks(""), []);
  for (const text of ["0,0 1,1", "0,0 1,0 1", "0,0 1,0 2,1", "0,0 1,0 a,1", "0,0 1,0 ,1", "0,0,0 1,0,0 1,1,0"]) {
    assert.equal(readMasks(text), null, text);
  }
});

test("a crop is read and written with its width and height", () => {
  assert.equal(writeCrop(readCrop("0.1, 0, 0.8, 1")), "0.1,0,0.8,1");
  for (const text of ["", "1", "0,0,0,1", "a,b,c,d", "-1,0,1,1"]) assert.equal(readCrop(text), null, text);
  assert.equal(writeCrop(null), "");
});

test("an area is moved as far as the picture reaches, and keeps its size", () => {
  assert.deepEqual(boxOf(moved(rectangle([0.5, 0.5], [0.75, 1]), 0.5, 0.5)), {
    left: 0.75,
    top: 0.5,
    right: 1,
    bottom: 1,
  });
  assert.equal(writeMasks([moved(TRIANGLE, -0.1, -1)]), "0.7,0 0.9,0 0.9,0.5");
});

test("its size is changed from its left and top, and stays within the picture", () => {
  assert.equal(writeMasks([resized(TRIANGLE, -0.1, 0.5)]), "0.8,0.5 0.9,0.5 0.9,1");
  const least = resized(rectangle([0, 0], [0.1, 0.1]), -1, -1);
  assert.equal(writeCrop(least), "0,0,0.02,0.02");
});

test("a rectangle stays one when a corner is moved, another area need not", () => {
  const square = rectangle([0.2, 0.2], [0.4, 0.4]);
  assert.equal(writeMasks([withCorner(square, 2, [0.6, 0.5])]), "0.2,0.2 0.6,0.2 0.6,0.5 0.2,0.5");
  assert.equal(writeMasks([withCorner(square, 0, [0.6, 2])]), "0.4,0.4 0.6,0.4 0.6,1 0.4,1");
  assert.equal(writeMasks([withCorner(TRIANGLE, 0, [0.1, -1])]), "0.1,0 1,0.5 1,1");
  assert.ok(!isLarge(rectangle([0.5, 0.5], [0.51, 0.9])));
});

test("a setting that is new to the page is among the advanced ones, and none is left out", () => {
  const names = ["device_key", "name", "rotate", "of_tomorrow", "rtsp_password"];
  const groups = grouped(names.map((name) => /** @type {Description} */ ({ name })));
  assert.deepEqual(
    groups.map(([group, found]) => [group, ...found.map(({ name }) => name)]),
    [
      ["camera", "name"],
      ["picture", "rotate"],
      ["archive"],
      ["connection", "rtsp_password"],
      ["advanced", "of_tomorrow"],
    ],
  );
});
