/* What a page that stays open for days has asked once: it asks again. */

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { YearAgo } from "../aside/year-ago.js";
import { askDue } from "../timeline/due.js";

const DAY = 86_400_000;

/** Answers each request with this. @param {() => object} answer @returns {() => number} how many there were */
function answering(answer) {
  let count = 0;
  Object.assign(globalThis, {
    document: { baseURI: "http://archive/" },
    fetch: async () => {
      count += 1;
      return Response.json(answer());
    },
  });
  return () => count;
}

/** A section with the parts that are filled. */
function section() {
  const part = {};
  return /** @type {HTMLElement} */ (/** @type {unknown} */ ({ hidden: true, querySelector: () => part }));
}

afterEach(() => mock.timers.reset());

test("a year ago is another day tomorrow", async () => {
  mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-27T12:00:00Z") });
  const at = () => new Date(new Date().setFullYear(new Date().getFullYear() - 1)).toISOString();
  const asked = answering(() => ({ captured_at: at(), thumbnail_url: "t" }));
  const yearAgo = new YearAgo(section());
  for (const [passed, requests, day] of /** @type {[number, number, string][]} */ ([
    [0, 1, "2025-11-27"],
    [60_000, 1, "2025-11-27"],
    [DAY, 2, "2025-11-28"],
  ])) {
    mock.timers.tick(passed);
    await yearAgo.show("porch");
    assert.equal(asked(), requests);
    assert.equal(yearAgo.time.dateTime.slice(0, 10), day);
    assert.equal(yearAgo.section.hidden, false);
  }
});

test("a rule that is set later is heard of within an hour", async () => {
  mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-27T12:00:00Z") });
  let rule = "always";
  const asked = answering(() => ({
    cameras: [{ camera: "porch", interval_seconds: 60, capture_when: rule, is_due: rule === "always", next_at: null }],
  }));
  assert.equal(await askDue("porch"), "");
  rule = "mon 10:00-11:00";
  assert.equal(await askDue("porch"), "");
  assert.equal(asked(), 1);
  mock.timers.tick(3_600_000);
  assert.notEqual(await askDue("porch"), "");
  assert.equal(asked(), 2);
});
