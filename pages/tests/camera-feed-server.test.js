/* Addresses of a server, and what its refusals are taken for. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

const page = /** @type {any} */ (globalThis);
page.location = new URL("http://page.test/garden");
const { Server, TransportError } = await import("../camera-feed/server.js");
Object.defineProperty(globalThis, "navigator", { value: { vendor: "" }, configurable: true });
const { transportsFor } = await import("../camera-feed/transports.js");
const { fetch } = globalThis;

afterEach(() => {
  globalThis.fetch = fetch;
});

/** @param {() => Promise<Response>} answer */
function answering(answer) {
  let count = 0;
  globalThis.fetch = () => {
    count += 1;
    return answer();
  };
  return () => count;
}

test("a camera has its own addresses, the default one others, and what is empty is left out", () => {
  const server = Server.at("http://cam.test/framecast/", "");
  const query = { width: 640, fps: undefined, quality: "auto" };
  const url = "http://cam.test/framecast/api/cameras/a/stream?width=640&quality=auto";
  assert.equal(server.url("a", "stream", query), url);
  assert.equal(server.url("", "snapshot"), "http://cam.test/framecast/api/camera/snapshot");
});

test("whoever has a link sends it everywhere", () => {
  const server = Server.at("http://cam.test/", "a+b");
  assert.equal(server.url("a", "ws", { fps: 5 }), "http://cam.test/api/cameras/a/ws?fps=5&link=a%2Bb");
});

test("feeds with the same address and link share a server, and no others", () => {
  const server = Server.at("http://cam.test/", "");
  assert.equal(Server.at("http://cam.test/", ""), server);
  assert.notEqual(Server.at("http://cam.test/", "link"), server);
  assert.notEqual(Server.at("http://other.test/", ""), server);
});

test("a refusal is in the server's words, and no other transport would do better", async () => {
  answering(async () => Response.json({ detail: "Too many viewers." }, { status: 503 }));
  await assert.rejects(Server.at("http://cam.test/", "").get("http://cam.test/x"), (error) => {
    assert.ok(error instanceof TransportError);
    const { message, isFatal, isRefusal, status } = error;
    assert.deepEqual(
      { message, isFatal, isRefusal, status },
      {
        message: "Too many viewers.",
        isFatal: true,
        isRefusal: true,
        status: 503,
      },
    );
    return true;
  });
});

test("without a login the server's address is told, and a bad link is in the server's words", async () => {
  answering(async () => Response.json({ detail: "The link has run out." }, { status: 401 }));
  const base = "http://cam.test/";
  await assert.rejects(Server.at(base, "").get(base), { message: `Log in at ${base} first, or use a share link.` });
  await assert.rejects(Server.at(base, "old").get(base), { message: "The link has run out." });
});

test("silence is final from the page's own server; of another the browser may forbid all but an <img>", async () => {
  answering(() => Promise.reject(new TypeError("Failed to fetch")));
  await assert.rejects(Server.at("http://page.test/", "").get("http://page.test/x"), { isFatal: true });
  await assert.rejects(Server.at("http://cam.test/", "").get("http://cam.test/x"), { isFatal: false });
});

test("the list of cameras is asked for once, and again at once where it was empty", async () => {
  const count = answering(async () => Response.json({ devices: [{ key: "a" }] }));
  const server = Server.at("http://list.test/", "");
  assert.deepEqual(await server.devices(), [{ key: "a" }]);
  await server.devices();
  assert.equal(count(), 1);
  const empty = Server.at("http://empty.test/", "");
  const again = answering(async () => Response.json({ devices: [] }));
  assert.deepEqual(await empty.devices(), []);
  await empty.devices();
  assert.equal(again(), 2);
});

test("a feed tries the best way first, no socket without a camera's key, and one alone where that is chosen", () => {
  assert.deepEqual(transportsFor("auto", "a"), ["websocket", "fetch", "img", "snapshot"]);
  assert.deepEqual(transportsFor("", ""), ["fetch", "img", "snapshot"]);
  assert.deepEqual(transportsFor("img", "a"), ["img"]);
  assert.deepEqual(transportsFor("toString", "a"), ["websocket", "fetch", "img", "snapshot"]);
});

test("a page that may not read the answers gets images, and with a link the socket", () => {
  globalThis.IS_BARRED = true;
  assert.deepEqual(transportsFor("auto", "a", ""), ["img", "snapshot"]);
  assert.deepEqual(transportsFor("auto", "", "link"), ["img", "snapshot"]);
  assert.deepEqual(transportsFor("auto", "a", "link"), ["websocket", "img", "snapshot"]);
  assert.deepEqual(transportsFor("fetch", "", ""), ["img", "snapshot"]);
  globalThis.IS_BARRED = false;
});
