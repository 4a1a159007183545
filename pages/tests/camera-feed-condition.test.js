/* What a feed says of itself, from what it knows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Condition } from "../camera-feed/condition.js";
import { Lag } from "../camera-feed/lag.js";
import * as texts from "../camera-feed/texts.js";

const NOW = 100_000;
const VISIBLE = { now: NOW, isPaused: false, isHidden: false, patienceMs: 3_000, turnedAt: NOW - 60_000 };

/** A condition whose last live picture was painted `ms` milliseconds ago. @param {number} ms */
function painted(ms) {
  const condition = new Condition();
  condition.paintedAt = NOW - ms;
  condition.notePicture(true, 1_000_000, 1_000_050);
  return condition;
}

test("it is connecting before the first picture, live after it, and stale when none has come for a while", () => {
  assert.deepEqual(new Condition().standing(VISIBLE), ["connecting", ""]);
  assert.deepEqual(painted(2_999).standing(VISIBLE), ["live", ""]);
  assert.deepEqual(painted(3_000).standing(VISIBLE), ["stale", texts.noPicture]);
});

test("one that has just begun to play again is connecting, whatever it shows", () => {
  assert.deepEqual(painted(60_000).standing({ ...VISIBLE, turnedAt: NOW - 1_000 }), ["connecting", ""]);
});

test("a picture that comes late is stale, whatever the server claims, until pictures come in time again", () => {
  const condition = new Condition();
  /** @param {number} second @param {number} lateMs */
  const standing = (second, lateMs) => {
    condition.paintedAt = NOW + 1_000 * second + lateMs;
    condition.notePicture(true, 5_000_000 + 1_000 * second, 0);
    return condition.standing({ ...VISIBLE, now: condition.paintedAt });
  };
  assert.deepEqual(standing(0, 40), ["live", ""]);
  assert.deepEqual(standing(1, 3_900), ["live", ""]);
  assert.deepEqual(standing(2, 8_040), ["stale", "8.0 s behind."]);
  assert.deepEqual(standing(60, 8_040), ["stale", "8.0 s behind."], "a lag that lasts is no new normal");
  assert.deepEqual(standing(61, 60), ["live", ""]);
});

test("clocks that drift apart, or are set, make no picture late", () => {
  const lag = new Lag();
  const day = 24 * 3_600;
  for (let second = 0; second < day; second += 10) assert.ok(lag.note(second * 1_000.2, second * 1_000) < 100);
  for (let second = day; second < 2 * day; second += 10) assert.ok(lag.note(second * 999.9, second * 1_000) < 100);
  const set = new Lag();
  assert.equal(set.note(1_000_000, 0), 0);
  assert.equal(set.note(901_000, 1_000), 0, "set back");
  assert.equal(set.note(1_902_000, 2_000), 0, "set ahead");
});

test("paused goes before hidden, hidden before offline, offline before the camera's trouble", () => {
  const condition = painted(0);
  condition.trouble = "The cable is out.";
  assert.deepEqual(condition.standing(VISIBLE), ["stale", "The cable is out."]);
  condition.failure = "Too many viewers.";
  assert.deepEqual(condition.standing(VISIBLE), ["offline", "Too many viewers."]);
  assert.deepEqual(condition.standing({ ...VISIBLE, isHidden: true }), ["hidden", ""]);
  assert.deepEqual(condition.standing({ ...VISIBLE, isHidden: true, isPaused: true }), ["paused", ""]);
});

test("the server's own picture of trouble says why once the server has told, and a live one ends it", () => {
  const condition = new Condition();
  condition.notePicture(false, null, 0);
  assert.equal(condition.isMarked, true);
  assert.equal(condition.trouble, texts.noLivePicture);
  condition.noteStatus({ state: "offline", last_error: null }, false, 0);
  assert.equal(condition.trouble, "The camera is offline.");
  condition.noteStatus({ state: "offline", last_error: "No route to host." }, false, 0);
  assert.equal(condition.trouble, "No route to host.");
  condition.notePicture(true, 1_000, 1_000);
  assert.equal(condition.trouble, "");
  assert.equal(condition.isMarked, false);
  condition.noteStatus({ state: "offline", last_error: "Late news." }, false, 0);
  assert.equal(condition.trouble, "", "what was asked of the trouble before says nothing of now");
});

test("a clock that is wrong by more than a second is seen, and a network's delay is not taken for one", () => {
  const condition = painted(0); // taken at 1,000,000
  condition.noteStatus({ frame_age_seconds: 0.2 }, true, 1_000_900);
  assert.equal(condition.clockError, 0);
  condition.noteStatus({ frame_age_seconds: 0.2 }, true, 1_090_200);
  assert.equal(condition.clockError, 90_000);
  assert.equal(new Condition(condition.clockError).clockError, 90_000, "another camera's captures have the same clock");
});

test("a reason has the last picture's time behind it, and one without a sentence or a picture has not", () => {
  const time = new Date(1_000_050).toLocaleTimeString();
  assert.equal(painted(0).words("stale", "It is gone."), `It is gone. Last picture ${time}.`);
  assert.equal(painted(0).words("paused", ""), `Paused. Last picture ${time}.`);
  assert.equal(painted(0).words("connecting", ""), "Connecting…");
  assert.equal(painted(0).words("live", ""), "");
  assert.equal(new Condition().words("offline", "It is gone."), "It is gone.");
});

test("an age is told in the largest unit of which there are two", () => {
  const words = [0, 1_449, 9_999, 10_000, 119_999, 120_000, 7_199_999, 7_200_000].map(texts.ageWords);
  assert.deepEqual(words, ["0.0 s", "1.4 s", "10.0 s", "10 s", "120 s", "2 min", "120 min", "2 h"]);
});
