/* What the connect page offers to paste. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { recipesFor } from "../connect/recipes.js";

const PLACE = {
  key: "a",
  name: 'The "old" yard & shed',
  address: (/** @type {string} */ path) => `https://cam.test/${path}`,
};

/** All lines by the program's name and their own. @param {string | null} link */
const lines = (link) =>
  new Map(
    recipesFor({ ...PLACE, link }).flatMap(([title, , all]) =>
      all.map(([name, value]) => [`${title}: ${name}`, value]),
    ),
  );

test("without a password every line is the plain address", () => {
  const all = lines(null);
  assert.equal(all.get("Addresses: Stream"), "https://cam.test/api/cameras/a/stream");
  assert.equal(all.get("Addresses: WebSocket"), "wss://cam.test/api/cameras/a/ws");
  assert.equal(all.get("VLC: Command"), "vlc 'https://cam.test/api/cameras/a/stream'");
  assert.doesNotMatch([...all.values()].join(), /link|PASSWORD/);
});

test("with one, pages get a link, programs a place for the password, and Home Assistant asks for it itself", () => {
  const all = lines("SIGNED");
  assert.equal(all.get("Addresses: Stream"), "https://cam.test/api/cameras/a/stream?link=SIGNED");
  assert.match(all.get("Your own page: Element") ?? "", /<camera-feed camera="a" link="SIGNED"><\/camera-feed>$/);
  assert.match(all.get("OpenCV: Line") ?? "", /"https:\/\/viewer:PASSWORD@cam\.test\/api\/cameras\/a\/stream"/);
  assert.equal(all.get("Home Assistant: MJPEG URL"), "https://cam.test/api/cameras/a/stream?advance_headers=1");
  assert.equal(all.get("curl: Command"), "curl -u viewer -o picture.jpg 'https://cam.test/api/cameras/a/snapshot'");
});

test("a name can't break out of the HTML that it is pasted in", () => {
  const alt = 'alt="The &quot;old&quot; yard &amp; shed"';
  assert.ok(lines(null).get("Your own page: Image")?.endsWith(`${alt}>`));
});
