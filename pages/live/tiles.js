/* Which cameras there are: a tile for each, in the server's order. */

import { keep, kept } from "../shared/kept.js";
import { page } from "./elements.js";
import { Tile } from "./tile.js";

/** @import { Device } from "./description.js" */

/** A server that has just started names its cameras one by one: a tile stays until it was missed so often. */
const MISSES = 2;
const REMEMBERED = "framecast-cameras";

const first = /** @type {HTMLElement} */ (page.tiles.children[0]);
const blank = first.cloneNode(true);

/** In the order of the cameras. */
export const tiles = [new Tile(first)];

/** The tile of a camera: its own, the page's own one if it is the default, or a new one. @param {Device} device */
export function tileOf(device) {
  const known = tiles.find(({ key }) => key === device.key) ?? tiles.find(({ key }) => !key && device.is_default);
  const tile = known ?? new Tile(/** @type {HTMLElement} */ (page.tiles.appendChild(blank.cloneNode(true))), device);
  if (!known) tiles.push(tile);
  tile.take(device);
  return tile;
}

/**
 * Brings the tiles in line with the server's answer.
 * @param {Device[]} devices
 * @returns {Tile[]} those of cameras that are gone, which are no longer among the tiles
 */
export function takeDevices(devices) {
  const wanted = devices.map(tileOf);
  const present = tiles.filter((tile) => wanted.includes(tile));
  // Only what is out of order is moved: an element that is loses the focus.
  wanted.forEach((tile, index) => {
    if (present[index] === tile) return;
    present.splice(present.indexOf(tile), 1);
    page.tiles.insertBefore(tile.item, present[index]?.item);
    present.splice(index, 0, tile);
  });
  const isBefore = (/** @type {Tile} */ one, /** @type {Tile} */ other) =>
    one.item.compareDocumentPosition(other.item) & Node.DOCUMENT_POSITION_FOLLOWING;
  tiles.sort((one, other) => (isBefore(one, other) ? -1 : 1));
  return devices.length ? dropMissing(wanted) : [];
}

/** @param {Tile[]} wanted */
function dropMissing(wanted) {
  const gone = tiles.filter((tile) => {
    if (wanted.includes(tile)) return false;
    tile.missed += 1;
    return !tile.key || tile.missed > MISSES;
  });
  for (const tile of gone) tiles.splice(tiles.indexOf(tile), 1);
  return gone;
}

/** What was there the last time is there at once; what has changed since is put right by the first answer. */
export function recall() {
  try {
    /** @type {Device[]} */
    const devices = JSON.parse(kept(REMEMBERED) || "[]");
    return devices.map(({ state, ...lasting }) => lasting);
  } catch {
    return []; // not ours
  }
}

/** @param {Device[]} devices */
export function remember(devices) {
  if (devices.length) keep(REMEMBERED, JSON.stringify(devices));
}
