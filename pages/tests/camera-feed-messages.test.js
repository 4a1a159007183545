/* What comes over the wire, and what is sent: the socket's messages, the stream's parts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { partsOf } from "../camera-feed/multipart.js";
import { acknowledge, parsePicture, unwatch, watch } from "../camera-feed/socket-messages.js";

const JPEG = new Uint8Array([0xff, 0xd8, 13, 10, 13, 10, 0xff, 0xd9]);

test("a message of the socket is a length, a header and a JPEG", () => {
  const header = new TextEncoder().encode('{"camera":"türe","captured_at_ms":1764150000123,"live":false}');
  const message = new Uint8Array(4 + header.length + JPEG.length);
  new DataView(message.buffer).setUint32(0, header.length);
  message.set(header, 4);
  message.set(JPEG, 4 + header.length);
  const { camera, takenAt, isLive, jpeg } = parsePicture(message.buffer);
  assert.deepEqual({ camera, takenAt, isLive }, { camera: "türe", takenAt: 1764150000123, isLive: false });
  assert.deepEqual([...jpeg], [...JPEG]);
});

test("what is sent has the members that docs/websocket.md names, and leaves out what is the camera's own", () => {
  const sent = [acknowledge("a"), watch("a", { width: 640, fps: undefined, quality: "auto" }), unwatch("a")];
  assert.deepEqual(
    sent.map((message) => JSON.stringify(message)),
    ['{"ack":"a"}', '{"watch":"a","width":640,"quality":"auto"}', '{"unwatch":"a"}'],
  );
});

/** @param {string} head @param {Uint8Array} body */
function part(head, body) {
  const text = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n${head}\r\n`;
  return Buffer.concat([Buffer.from(text), body, Buffer.from("\r\n")]);
}

/** @param {Uint8Array} bytes @param {number} size of the pieces in which they come */
async function parts(bytes, size) {
  /** @type {Uint8Array[]} */
  const pieces = [];
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size));
  const all = [];
  const read = async () => ({ done: !pieces.length, value: pieces.shift() });
  for await (const { jpeg, takenAt, isLive } of partsOf(read)) all.push({ jpeg: [...jpeg], takenAt, isLive });
  return all;
}

const STREAM = Buffer.concat([
  part("X-Timestamp: 1764150000.5\r\nX-Live: 1\r\n", JPEG),
  part("X-Timestamp: 1764150001.25\r\nX-Live: 0\r\n", JPEG),
  part("", JPEG),
]);

for (const size of [1, 7, 64, STREAM.length]) {
  test(`the stream is split by its lengths when it comes in pieces of ${size} bytes`, async () => {
    const [live, still, unknown, ...others] = await parts(STREAM, size);
    const jpeg = [...JPEG];
    assert.deepEqual(live, { jpeg, takenAt: 1764150000500, isLive: true });
    assert.deepEqual(still, { jpeg, takenAt: 1764150001250, isLive: false });
    assert.deepEqual(unknown, { jpeg, takenAt: Number.NaN, isLive: true });
    assert.deepEqual(others, []);
  });
}

test("a part without a length is waited for rather than read for ever", async () => {
  assert.deepEqual(await parts(Buffer.from("--frame\r\n\r\nno length"), 5), []);
});
