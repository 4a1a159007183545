/* What the status page makes of the services' answers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { doubtsOf } from "../status/doubts.js";
import { clockWords, ownRulesOf, tiersOf } from "../status/facts.js";
import { problemsOf } from "../status/problems.js";
import { partsOf, summaryOf } from "../status/strips.js";

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
    kept_text: "1 pictures are marked as kept, and stay.",
    gaps: 0,
    cameras: [],
  };
  const outOf = (/** @type {object} */ leftovers) => doubtsOf({ doubt: null, leftovers }, { held: 0 }).out;
  assert.match(outOf(some), /marks in the future\. 1 pictures are marked as kept, and stay\.$/);
  assert.equal(outOf({ ...some, frames: 1 }), "");
});

test("frames that the daily share holds back are told, and where all is well nothing is", () => {
  const well = { doubt: null, leftovers: { frames: 0, bytes: 0, gaps: 0, cameras: [] } };
  const held = doubtsOf(well, { held: 40, is_clock_in_doubt: false, delete_percent: 10 });
  assert.match(held.now, /^40 pictures are due by age\. At most 10 %/);
  assert.deepEqual(doubtsOf(well, { held: 0 }), { right: "", out: "", now: "" });
  assert.deepEqual(doubtsOf(undefined, undefined), { right: "", out: "", now: "" });
});

const piece = (/** @type {string} */ state, /** @type {number} */ from, /** @type {number} */ to, missing = 0) => ({
  from: `2026-11-22T${from}:00:00Z`,
  to: `2026-11-22T${to}:00:00Z`,
  state,
  missing_seconds: missing,
  reason: missing ? "camera offline" : null,
  detail: missing ? "The camera does not answer." : null,
});
const WELL = { state: "live", since: "2026-11-22T10:00:00Z", headline: "Live" };

test("each stretch of a strip says when it was, what was kept and why not", () => {
  const pieces = [piece("before", 10, 11), piece("whole", 11, 12), piece("partly", 12, 13, 1_200)];
  const parts = partsOf([...pieces, piece("missing", 13, 15, 7_200), piece("open", 15, 16)], WELL);
  assert.deepEqual(
    parts.map(({ look }) => look),
    ["none", "kept", "partly", "gap", "none"],
  );
  const [, kept, partly, gap] = parts.map(({ text }) => text);
  assert.equal(kept, "12:00 – 13:00: all pictures kept");
  assert.equal(partly, "13:00 – 14:00: 20 min missing: camera offline. The camera does not answer.");
  assert.equal(gap, "14:00 – 16:00: gap: camera offline. The camera does not answer.");
});

test("the trouble of now is the end of a strip, since it began", () => {
  const pieces = [piece("whole", 10, 12), piece("open", 12, 13)];
  const parts = partsOf(pieces, { state: "offline", since: "2026-11-22T11:30:00Z", headline: "The camera is offline" });
  const [begin, trouble, end] = [10, 11.5, 13].map((hour) => Date.UTC(2026, 10, 22, 0, hour * 60));
  assert.deepEqual(
    parts.map(({ from, to, look }) => [from, to, look]),
    [
      [begin, trouble, "kept"],
      [trouble, end, "gap"],
    ],
  );
  assert.match(parts[1].text, /^Since .*12:30: The camera is offline$/);
  const old = partsOf(pieces, { state: "disabled", since: "2026-01-01T00:00:00Z", headline: "Off" });
  assert.deepEqual([old.length, old[0].from, old[0].look], [1, begin, "none"]);
  const ahead = partsOf(pieces, { state: "offline", since: "2027-01-01T00:00:00Z", headline: "Off" });
  assert.deepEqual([ahead.length, ahead[2].to], [3, end], "a clock that is ahead still leaves a mark");
});

test("a strip is summed up with the reason for most of what is missing", () => {
  const whole = piece("whole", 10, 11);
  const sum = (/** @type {Parameters<typeof summaryOf>[0]} */ pieces, now = WELL) =>
    summaryOf(pieces, partsOf(pieces, now)[partsOf(pieces, now).length - 1]);
  assert.equal(sum([whole, piece("open", 11, 12)]), "all pictures kept");
  assert.equal(sum([piece("before", 10, 11), piece("open", 11, 12)]), "no picture due yet");
  const down = { ...piece("missing", 11, 14, 10_800), reason: "archiver down" };
  const gaps = [whole, piece("partly", 11, 12, 1_200), down];
  assert.equal(sum(gaps), "3 h missing, mostly: archiver down");
  const trouble = { state: "offline", since: "2026-11-22T11:30:00Z", headline: "The camera is offline" };
  assert.match(sum([whole, piece("open", 11, 12)], trouble), /^Since .*12:30: The camera is offline$/);
  assert.equal(sum(gaps, trouble), "3 h missing, mostly: archiver down");
});
