/* The order of the tiles: the server's, or the one that was made in this browser by keys or by dragging. */

import { on } from "../shared/events.js";
import { keep, kept } from "../shared/kept.js";
import { page } from "./elements.js";
import { takeDevices, tiles } from "./tiles.js";

/** @import { Device } from "./description.js" */
/** @import { Tile } from "./tile.js" */

const KEPT = "framecast-order";

/** @type {(string | null)[]} */
let order = kept(KEPT).split(" ");

/** A camera that is not in the order comes after those that are. @param {Device[]} devices */
export function inOrder(devices) {
  const place = (/** @type {Device} */ { key }) => (order.includes(key) ? order.indexOf(key) : order.length);
  return [...devices].sort((one, other) => place(one) - place(other));
}

/** @param {Tile | undefined} tile @param {number} to its new place; nothing happens where there is none */
export function move(tile, to) {
  const from = tiles.indexOf(/** @type {Tile} */ (tile));
  if (from < 0 || from === to || !tiles[to]) return;
  order = tiles.map(({ key }) => key);
  order.splice(to, 0, ...order.splice(from, 1));
  keep(KEPT, order.join(" "));
  const hadFocus = tile?.item.contains(document.activeElement);
  takeDevices(inOrder(tiles.flatMap(({ device }) => device ?? [])));
  if (hadFocus) tile?.link.focus();
}

/** The tile that is dragged: the link that covers it is what browsers let people drag. @type {Tile | undefined} */
let dragged;
const tileAt = (/** @type {Event} */ { target }) =>
  tiles.find(({ item }) => item.contains(/** @type {Node} */ (target)));

on(page.tiles, "dragstart", (event) => {
  dragged = tileAt(event);
});
on(page.tiles, "dragover", (event) => {
  const over = tileAt(event);
  if (!dragged || !over) return;
  event.preventDefault();
  // Only past its middle, to the right and downwards: else a wider tile, still under the pointer, would move back.
  const { left, top, width, height } = over.item.getBoundingClientRect();
  const isPast = (event.clientX - left) / width + (event.clientY - top) / height > 1;
  const to = tiles.indexOf(over);
  if (isPast === tiles.indexOf(dragged) < to) move(dragged, to);
});
on(page.tiles, "dragend", () => {
  dragged = undefined;
});
