/* Areas of a picture as masks and crop are written: shares of its width and height, from 0 to 1. Pure. */

/** @typedef {[number, number]} Corner x and y */
/** @typedef {Corner[]} Area its corners, one after the other */

/** The least width and height of a crop. */
const LEAST = 0.02;

/** @param {number} share */
const within = (share) => Math.min(1, Math.max(0, share));
/** @param {number} share */
const written = (share) => `${Number(share.toFixed(3))}`;

/** @param {string} text @returns {Corner | null} */
function readCorner(text) {
  const [x, y, ...more] = text.split(",").map((part) => (part.trim() ? Number(part) : Number.NaN));
  return more.length || !(x >= 0 && x <= 1 && y >= 0 && y <= 1) ? null : [x, y];
}

/** The masks of a setting; null where they can't be read. @param {string} text @returns {Area[] | null} */
export function readMasks(text) {
  const parts = text.split(";").flatMap((part) => part.trim() || []);
  const areas = parts.map((part) => part.split(/\s+/).map(readCorner));
  return areas.every((area) => area.length > 2 && area.every(Boolean)) ? /** @type {Area[]} */ (areas) : null;
}

/** @param {Area[]} areas */
export const writeMasks = (areas) =>
  areas.map((area) => area.map((corner) => corner.map(written).join(",")).join(" ")).join("; ");

/** The part that a crop keeps; null for all of it, or where it can't be read. @param {string} text */
export function readCrop(text) {
  const [x, y, width, height] = text.split(",").map(Number);
  return width > 0 && height > 0 && x >= 0 && y >= 0
    ? rectangle([x, y], [within(x + width), within(y + height)])
    : null;
}

/** @param {Area | null} area */
export function writeCrop(area) {
  if (!area) return "";
  const { left, top, right, bottom } = boxOf(area);
  return [left, top, right - left, bottom - top].map(written).join(",");
}

/** @param {Corner} one @param {Corner} other the opposite corner @returns {Area} */
export function rectangle([x, y], [toX, toY]) {
  const [left, right] = [Math.min(x, toX), Math.max(x, toX)];
  const [top, bottom] = [Math.min(y, toY), Math.max(y, toY)];
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/** @param {Area} area */
export function boxOf(area) {
  const [xs, ys] = [area.map(([x]) => x), area.map(([, y]) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** Whether it is large enough to be meant. @param {Area} area */
export function isLarge(area) {
  const { left, top, right, bottom } = boxOf(area);
  return right - left >= LEAST && bottom - top >= LEAST;
}

/** The area elsewhere, as far as the picture reaches. @param {Area} area @param {number} byX @param {number} byY @returns {Area} */
export function moved(area, byX, byY) {
  const { left, top, right, bottom } = boxOf(area);
  const [x, y] = [Math.min(1 - right, Math.max(-left, byX)), Math.min(1 - bottom, Math.max(-top, byY))];
  return area.map((corner) => [corner[0] + x, corner[1] + y]);
}

/** The area wider and higher by these shares, from its left and top. @param {Area} area @param {number} byX @param {number} byY @returns {Area} */
export function resized(area, byX, byY) {
  const { left, top, right, bottom } = boxOf(area);
  const wider = Math.max(LEAST, Math.min(1 - left, right - left + byX)) / (right - left);
  const higher = Math.max(LEAST, Math.min(1 - top, bottom - top + byY)) / (bottom - top);
  return area.map(([x, y]) => [within(left + (x - left) * wider), within(top + (y - top) * higher)]);
}

/** @param {Area} area */
const isRectangle = (area) => area.length === 4 && `${area}` === `${rectangle(area[0], area[2])}`;

/** The area with a corner elsewhere. A rectangle stays one. @param {Area} area @param {number} index @param {Corner} to @returns {Area} */
export function withCorner(area, index, to) {
  const corner = /** @type {Corner} */ (to.map(within));
  if (isRectangle(area)) return rectangle(area[(index + 2) % 4], corner);
  return area.map((other, place) => (place === index ? corner : other));
}
