/* Zoom and pan of a picture: by wheel, two fingers, a double click, keys, and a drag once it is larger. */

import { on } from "./events.js";

const MOST = 8;
/** Of a double click, or of a press of a key. */
const STEP = 2;

/** @typedef {{ clientX: number, clientY: number }} Point */

/**
 * Lets a picture be zoomed. The style of what is in the box does it, by `transform: var(--zoom)` from its upper left.
 * @param {HTMLElement} box what the picture fills
 * @param {() => boolean} isOn whether it may be zoomed now
 * @param {(scale: number) => void} [changed]
 * @returns {(by: number) => void} zooms in the middle by a factor; 0 shows the whole picture
 */
export function zoomOn(box, isOn, changed) {
  let scale = 1;
  let x = 0;
  let y = 0;
  /** By the pointer's number. @type {Map<number, Point>} */
  const fingers = new Map();

  /** @param {number} wanted scale @param {Point} at what stays where it is @param {number} moveX @param {number} moveY */
  function zoom(wanted, { clientX, clientY }, moveX = 0, moveY = 0) {
    const { left, top, width, height } = box.getBoundingClientRect();
    const next = Math.min(MOST, Math.max(1, wanted));
    const moved = (/** @type {number} */ from, /** @type {number} */ point, /** @type {number} */ length) =>
      Math.min(0, Math.max(length * (1 - next), point - ((point - from) * next) / scale));
    x = moved(x + moveX, clientX - left, width);
    y = moved(y + moveY, clientY - top, height);
    scale = next;
    box.style.setProperty("--zoom", scale > 1 ? `translate(${x}px,${y}px) scale(${scale})` : "none");
    box.toggleAttribute("data-zoomed", scale > 1);
    changed?.(scale);
  }

  /** Where the fingers are on average, and how far they are apart. */
  function grip() {
    const [one, other = one] = [...fingers.values()];
    return {
      clientX: (one.clientX + other.clientX) / 2,
      clientY: (one.clientY + other.clientY) / 2,
      apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1,
    };
  }

  on(
    box,
    "wheel",
    (event) => {
      // Of a whole picture the wheel is the page's, until it is at its top.
      if (!isOn() || (scale === 1 && (event.deltaY > 0 || (scrollY > 0 && !event.ctrlKey)))) return;
      event.preventDefault();
      zoom(scale * Math.exp(-event.deltaY / 400), event);
    },
    { passive: false },
  );
  on(box, "dblclick", (event) => isOn() && zoom(scale > 1 ? 1 : STEP, event));
  on(box, "pointerdown", (event) => {
    // Another button's menu takes the end of its press.
    if (isOn() && !event.button) fingers.set(event.pointerId, event);
  });
  on(window, "pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = grip();
    fingers.set(event.pointerId, event);
    const now = grip();
    zoom((scale * now.apart) / before.apart, now, now.clientX - before.clientX, now.clientY - before.clientY);
  });
  for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
    on(window, type, (event) => fingers.delete(event.pointerId));
  }
  return (by) => {
    const { left, top, width, height } = box.getBoundingClientRect();
    zoom(scale * by, { clientX: left + width / 2, clientY: top + height / 2 });
  };
}
