/* The clock of a zone that is not this computer's. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Zone } from "../shared/zone.js";

const HOUR = 3_600_000;
const utc = (/** @type {string} */ text) => Date.parse(`${text}Z`);
const shown = (/** @type {Zone} */ zone, /** @type {number} */ instant) =>
  new Date(zone.reading(instant)).toISOString().slice(0, 16);

test("a clock shows its zone's time, with quarters of an hour and on both sides of midnight", () => {
  const instant = utc("2026-11-22T20:00");
  assert.equal(shown(new Zone("Asia/Kathmandu"), instant), "2026-11-23T01:45");
  assert.equal(shown(new Zone("America/St_Johns"), instant), "2026-11-22T16:30");
  assert.equal(shown(new Zone("UTC"), instant), "2026-11-22T20:00");
});

test("an instant and what its clock shows lead to each other, but for the hour that is shown twice", () => {
  for (const name of ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "Africa/Cairo", "Pacific/Apia"]) {
    const zone = new Zone(name);
    let twice = 0;
    for (let instant = utc("2026-01-01T00:00"); instant < utc("2027-01-01T00:00"); instant += HOUR / 2) {
      const back = zone.instant(zone.reading(instant));
      if (back === instant) continue;
      twice += 1;
      assert.ok(back < instant && zone.reading(back) === zone.reading(instant), name);
    }
    assert.ok(twice <= 2, `${name}: ${twice}`);
  }
});

test("a time that clocks skip is the later one", () => {
  const berlin = new Zone("Europe/Berlin");
  const instant = berlin.instant(utc("2026-03-29T02:30"));
  assert.equal(shown(berlin, instant), "2026-03-29T03:30");
  // In Cairo the day itself begins an hour late then.
  const cairo = new Zone("Africa/Cairo");
  assert.equal(shown(cairo, cairo.instant(utc("2026-04-24T00:00"))), "2026-04-24T01:00");
});

test("a zone that this browser does not know is told at once", () => {
  assert.throws(() => new Zone("Mars/Base"), RangeError);
});
