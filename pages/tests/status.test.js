/* What the status page makes of the services' answers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { doubtsOf } from "../status/doubts.js";
import { clockWords, ownRulesOf, tiersOf } from "../status/facts.js";
import { problemsOf } from "../status/problems.js";

test("problems of both services are listed, each once, the archive's by its name", () => {
  const stream = { answer: { problems: ["The bus is silent.", "The bus is silent."] } };
  const archive = { answer: { problems: ["The disk is full."] } };
  assert.deepEqual(problemsOf(stream, archive, ["1.0", "1.0"]), ["The bus is silent.", "Archive: The disk is full."]);
});

test("a service that does not answer is a problem, and what it said before is none now", () => {
  const archive = { answer: { problems: ["The disk is full."] }, error: "The archive can't be reached." };
  assert.deepEqual(problemsOf({ answer: { problems: [] } }, archive, []), ["The archive can't be reached."]);
});

test("services of different versions are a problem, and one that does not tell is none", () => {
  const well = { answer: { problems: [] } };
  assert.deepEqual(problemsOf(well, well, ["1.0", undefined, null]), []);
  const [problem] = problemsOf(well, well, ["1.0", "1.1", "1.0"]);
  assert.equal(problem, "The services have different versions, 1.0 and 1.1: update them all.");
});

test("clocks that agree within a tenth of a second are the same", () => {
  assert.deepEqual([0.05, -0.05, 1.25, -90].map(clockWords), ["as ours", "as ours", "1.3 s ahead", "90 s behind"]);
});

test("a tier says what it keeps and for how long, and pictures by hand are kept where no tier says otherwise", () => {
  const tiers = /** @type {Parameters<typeof tiersOf>[0]} */ ([
    { tier: "all", age_days: 7 },
    { tier: "daily", at: "12:00", age_days: null },
  ]);
  assert.deepEqual(tiersOf(tiers), [
    ["Every picture", "for 7 days"],
    ["Of each day the picture nearest to 12:00", "for ever"],
    ["Pictures captured by hand", "for ever"],
  ]);
  assert.equal(tiersOf([{ tier: "manual", age_days: 365 }]).length, 1);
});

test("only cameras with rules of their own are told of", () => {
  const rules = { keep: "all:30d", has_own_keep: false, max_bytes: null };
  assert.deepEqual(
    ownRulesOf([
      { camera: "porch", ...rules },
      { camera: "attic", ...rules, has_own_keep: true },
      { camera: "yard", ...rules, max_bytes: 2e9 },
    ]),
    [
      ["Camera attic", "all:30d"],
      ["Camera yard", "all:30d, at most 2 GB"],
    ],
  );
});

test("a clock in doubt asks for a decision, and its leftovers wait until it is right", () => {
  const leftovers = { frames: 2, bytes: 2000, gaps: 1, cameras: [] };
  const clock = { now: "2028-11-26T12:00:00Z", doubt: { text: "it is 730 days ahead" }, leftovers };
  const { right, out, now } = doubtsOf(clock, { held: 479, is_clock_in_doubt: true, delete_percent: 10 });
  assert.match(right, /which is in doubt: it is 730 days ahead\./);
  assert.deepEqual([out, now], ["", ""]);
  const trusted = doubtsOf({ ...clock, doubt: null }, { held: 0, is_clock_in_doubt: false });
  assert.equal(trusted.right, "");
  assert.match(trusted.out, /left 2 pictures .* 1 gap that no outage made/);
});

test("the button that takes leftovers out says that kept frames stay, and is not there for them alone", () => {
  const some = {
    frames: 2,
    bytes: 2000,
    kept: 1,
    kept_text: "1 frames are marked as kept, and stay.",
    gaps: 0,
    cameras: [],
  };
  const outOf = (/** @type {object} */ leftovers) => doubtsOf({ doubt: null, leftovers }, { held: 0 }).out;
  assert.match(outOf(some), /marks in the future\. 1 frames are marked as kept, and stay\.$/);
  assert.equal(outOf({ ...some, frames: 1 }), "");
});

test("frames that the daily share holds back are told, and where all is well nothing is", () => {
  const well = { doubt: null, leftovers: { frames: 0, bytes: 0, gaps: 0, cameras: [] } };
  const held = doubtsOf(well, { held: 40, is_clock_in_doubt: false, delete_percent: 10 });
  assert.match(held.now, /^40 pictures are due by age\. At most 10 %/);
  assert.deepEqual(doubtsOf(well, { held: 0 }), { right: "", out: "", now: "" });
  assert.deepEqual(doubtsOf(undefined, undefined), { right: "", out: "", now: "" });
});
