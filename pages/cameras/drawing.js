/*
 * Masks and crop, drawn on the picture. With a pointer: drag for a new mask, drag a mask or a corner. By keyboard each
 * area has a button: arrows move it, with Shift they change its size, Delete takes it away.
 */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import * as texts from "../texts.js";
import { boxOf, isLarge, moved, rectangle, resized, withCorner } from "./areas.js";
import { page } from "./elements.js";

/** @import { Area, Corner } from "./areas.js" */

const STEP = 0.01;
const ARROWS = /** @type {Record<string, Corner>} */ ({
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
});
const percent = (/** @type {number} */ share) => Math.round(share * 100);

/** The crop's place among the areas. */
const CROP = /** @type {const} */ ("crop");
/** @typedef {number | typeof CROP} Place */

/** @type {Area[]} */
let masks = [];
/** @type {Area | null} */
let crop = null;
/** @type {Place | null} */
let chosen = null;
/** @type {(masks: Area[], crop: Area | null) => void} */
let tell = () => {};

/** @param {Place} place @returns {Area} */
const areaAt = (place) => /** @type {Area} */ (place === CROP ? crop : masks[place]);

/**
 * Draws these from now on, and tells what becomes of them.
 * @param {Area[]} someMasks @param {Area | null} someCrop @param {typeof tell} whenDrawn
 */
export function drawOn(someMasks, someCrop, whenDrawn) {
  [masks, crop, tell, chosen] = [someMasks, someCrop, whenDrawn, null];
  show();
}

/** @param {Place} place @param {Area | null} area null takes it away */
function put(place, area) {
  if (place === CROP) crop = area;
  else if (area) masks[place] = area;
  else masks.splice(place, 1);
  if (!area) chosen = null;
  tell(masks, crop);
  show();
}

/** @returns {Place[]} */
const places = () => (crop ? [...masks.keys(), CROP] : [...masks.keys()]);

function show() {
  const shapes = places().map((place) => shapeOf(place));
  page.areas.replaceChildren(...shapes);
  for (const old of page.canvas.querySelectorAll(".corner")) old.remove();
  for (const place of places())
    page.canvas.append(...areaAt(place).map((corner, index) => cornerOf(place, corner, index)));
  showButtons();
  page["add-crop"].hidden = Boolean(crop);
}

/** @param {Place} place */
function shapeOf(place) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  shape.setAttribute("points", areaAt(place).join(" "));
  shape.setAttribute("class", place === CROP ? CROP : "mask");
  shape.toggleAttribute("data-chosen", place === chosen);
  if (place !== CROP) shape.dataset.place = `${place}`;
  return shape;
}

/** @param {Place} place @param {Corner} corner @param {number} index */
function cornerOf(place, [x, y], index) {
  const handle = make("span", { className: "corner", dataset: { place, index } });
  handle.style.left = `${100 * x}%`;
  handle.style.top = `${100 * y}%`;
  return handle;
}

/** A button stays as long as its area, so that the focus does. */
function showButtons() {
  const wanted = places();
  wanted.forEach((place, index) => {
    const button = /** @type {HTMLButtonElement} */ (
      page.shapes.children[index] ?? page.shapes.appendChild(newButton())
    );
    button.dataset.place = `${place}`;
    const { left, top, right, bottom } = boxOf(areaAt(place));
    const where = texts.areaAt(percent(left), percent(top), percent(right - left), percent(bottom - top));
    setText(button, `${place === CROP ? texts.cropNamed : texts.maskNamed(place + 1)}: ${where}`);
  });
  while (page.shapes.children.length > wanted.length) page.shapes.lastElementChild?.remove();
}

function newButton() {
  const button = make("button", { type: "button", className: "button" });
  button.setAttribute("aria-describedby", "drawing-help");
  return button;
}

/** @param {EventTarget | null} target @returns {Place | null} */
function placeOf(target) {
  const { place } = /** @type {HTMLElement} */ (target).dataset;
  if (place === undefined) return null;
  return place === CROP ? CROP : Number(place);
}

/** @param {Place | null} place */
function choose(place) {
  chosen = place;
  show();
}

on(page.shapes, "focusin", ({ target }) => choose(placeOf(target)));
on(page.shapes, "keydown", (event) => {
  const place = placeOf(event.target);
  if (place === null) return;
  const by = ARROWS[event.key];
  if (by) put(place, (event.shiftKey ? resized : moved)(areaAt(place), ...by));
  else if (event.key === "Delete" || event.key === "Backspace") takeAway(place);
  else return;
  event.preventDefault();
  setText(page.said, /** @type {Element} */ (event.target).textContent ?? "");
});

/** @param {Place} place */
function takeAway(place) {
  put(place, null);
  const next = /** @type {HTMLElement | null} */ (page.shapes.lastElementChild) ?? page["add-mask"];
  next.focus();
}

/** @param {Place} place */
function focusOn(place) {
  const button = page.shapes.querySelector(`[data-place="${place}"]`);
  /** @type {HTMLElement} */ (button).focus({ preventScroll: true });
}

on(page["add-mask"], "click", () => {
  put(masks.length, rectangle([0.4, 0.4], [0.6, 0.6]));
  focusOn(masks.length - 1);
});
on(page["add-crop"], "click", () => {
  put(CROP, rectangle([0.1, 0.1], [0.9, 0.9]));
  focusOn(CROP);
});

// With a pointer

/** What is done with a place of the pointer while it is down. @type {((at: Corner) => void) | null} */
let drag = null;

/** @param {PointerEvent} event @returns {Corner} */
function placeOn({ clientX, clientY }) {
  const { left, top, width, height } = page.canvas.getBoundingClientRect();
  return [Math.min(1, Math.max(0, (clientX - left) / width)), Math.min(1, Math.max(0, (clientY - top) / height))];
}

on(page.canvas, "pointerdown", (event) => {
  if (event.button) return;
  event.preventDefault();
  const from = placeOn(event);
  const { place: named, index } = /** @type {HTMLElement} */ (event.target).dataset;
  const place = named === undefined ? null : placeOf(event.target);
  page.canvas.setPointerCapture(event.pointerId);
  if (place === null) drag = newMask(from);
  else if (index !== undefined) drag = movedCorner(place, Number(index));
  else drag = movedArea(place, from);
});
on(page.canvas, "pointermove", (event) => drag?.(placeOn(event)));
for (const type of ["pointerup", "pointercancel"]) {
  on(page.canvas, type, () => {
    drag = null;
  });
}

/** @param {Corner} from */
function newMask(from) {
  const place = masks.length;
  return (/** @type {Corner} */ to) => {
    const area = rectangle(from, to);
    if (isLarge(area)) put(place, area);
  };
}

/** @param {Place} place @param {number} index */
function movedCorner(place, index) {
  const area = areaAt(place);
  focusOn(place);
  return (/** @type {Corner} */ to) => {
    const next = withCorner(area, index, to);
    if (isLarge(next)) put(place, next);
  };
}

/** @param {Place} place @param {Corner} from */
function movedArea(place, from) {
  const area = areaAt(place);
  focusOn(place);
  return (/** @type {Corner} */ to) => put(place, moved(area, to[0] - from[0], to[1] - from[1]));
}
