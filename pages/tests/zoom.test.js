/* Zoom and pan, with events as a browser sends them. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { zoomOn } from "../shared/zoom.js";

const rect = { left: 0, top: 0, width: 100, height: 100 };
/** What the window has, as far as zoom needs it. @type {any} */
const page = globalThis;
let scale = 1;
let box = new EventTarget();

/** @param {string} type @param {object} properties @param {EventTarget} target */
function send(type, properties = {}, target = box) {
  const event = Object.assign(new Event(type, { cancelable: true }), { clientX: 50, clientY: 50, ...properties });
  target.dispatchEvent(event);
  return event;
}

beforeEach(() => {
  scale = 1;
  Object.assign(page, { scrollY: 0, window: new EventTarget() });
  box = Object.assign(new EventTarget(), {
    style: { setProperty: () => {} },
    toggleAttribute: () => {},
    getBoundingClientRect: () => rect,
  });
  zoomOn(
    /** @type {any} */ (box),
    () => true,
    (now) => {
      scale = now;
    },
  );
});

test("over a whole picture the wheel scrolls the page back to its top, and zooms there", () => {
  page.scrollY = 300;
  assert.equal(send("wheel", { deltaY: -400 }).defaultPrevented, false);
  assert.equal(scale, 1);
  page.scrollY = 0;
  assert.equal(send("wheel", { deltaY: -400 }).defaultPrevented, true);
  assert.ok(scale > 2);
});

test("with Ctrl, and in a picture that is zoomed, the wheel zooms wherever the page is", () => {
  page.scrollY = 300;
  send("wheel", { deltaY: -400, ctrlKey: true });
  const before = scale;
  assert.ok(before > 2);
  send("wheel", { deltaY: -40 });
  assert.ok(scale > before);
});

test("another button than the first drags nothing: its menu takes the end of the press", () => {
  let moves = 0;
  zoomOn(
    /** @type {any} */ (box),
    () => true,
    () => {
      moves += 1;
    },
  );
  send("pointerdown", { pointerId: 1, button: 2 });
  send("pointermove", { pointerId: 1 }, page.window);
  assert.equal(moves, 0);
  send("pointerdown", { pointerId: 1, button: 0 });
  send("pointermove", { pointerId: 1 }, page.window);
  assert.equal(moves, 1);
});
