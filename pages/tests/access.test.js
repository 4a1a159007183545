/* What the page of access says of logins, tokens and links, and which field the server's words name. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { browserOf, endOf, scopeOf, subjectOf } from "../access/words.js";
import { nameIn } from "../forms/sending.js";

const NAMES = new Map([
  ["door", "Front door"],
  ["camera_2", "Garden"],
]);

test("a browser is told in a few words", () => {
  const agents = {
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36":
      "Chrome on Android",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile/15E148 Safari/604.1":
      "Safari on iOS",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0":
      "Edge on Windows",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0": "Firefox on Linux",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15":
      "Safari on macOS",
    "curl/8.5.0": "curl",
    "": "A browser",
  };
  for (const [agent, words] of Object.entries(agents)) assert.equal(browserOf(agent), words);
});

test("a token is told by its cameras' names, and by the key of one that is gone", () => {
  const words = [
    scopeOf({ cameras: null, archive: true }, NAMES),
    scopeOf({ cameras: ["door", "gone"], archive: false }, NAMES),
  ];
  assert.deepEqual(words, ["All cameras, and the archive", "Front door, gone, the live picture alone"]);
});

test("a link is told by what it opens", () => {
  const paths = [
    "/api/cameras/door",
    "/api/camera/frames/7",
    "/api/camera/timelapses/camera_2_20261126T120000Z_0123ab",
  ];
  const words = ["Front door", "Archived picture 7", "Time-lapse of Garden"];
  assert.deepEqual(
    paths.map((path) => subjectOf(path, NAMES)),
    words,
  );
});

test("a token ends so many days from now, or never", () => {
  const now = Date.parse("2026-11-27T12:00:00Z");
  assert.deepEqual([endOf("7", now), endOf("", now)], ["2026-12-04T12:00:00.000Z", null]);
});

test("the server's words name the field that they are about", () => {
  assert.equal(nameIn("'password' is not valid: String should have at least 8 characters."), "password");
  assert.equal(nameIn("'cameras.0' is not valid: String should match pattern."), "cameras");
  assert.equal(nameIn("Ingest does not answer."), "");
});
