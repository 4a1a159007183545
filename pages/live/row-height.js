/* How large the tiles of the grid can be. */

/** Of a tile, in one column of a phone or in two. */
const LEAST_WIDTHS = [230, 130];
const GAP = 12;

/**
 * The height of a row at which all pictures fit below each other, as large as can be. Where they can't, it is the one
 * at which they are just wide enough. All lengths are in pixels.
 * @param {number[]} ratios of the pictures, width to height
 * @param {number} width of the place
 * @param {number} height of the place
 * @param {number} captionHeight below each picture
 * @param {boolean} isNarrow whether the tiles may be narrow
 */
export function rowHeight(ratios, width, height, captionHeight, isNarrow = false) {
  const widest = Math.max(...ratios);
  const columns = Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTHS[Number(isNarrow)] + GAP)));
  const least = (width - GAP * (columns - 1)) / columns / widest;
  for (let row = Math.min(width / widest, height - captionHeight); row > least; row -= 2) {
    if (rowsOf(ratios, width, row) * (row + captionHeight + GAP) - GAP <= height) return row;
  }
  return least;
}

/**
 * How many rows the pictures take at that height.
 * @param {number[]} ratios
 * @param {number} width
 * @param {number} row
 */
function rowsOf(ratios, width, row) {
  let rows = 1;
  let left = width;
  for (const ratio of ratios) {
    if (ratio * row > left + 0.5) {
      rows += 1;
      left = width;
    }
    left -= ratio * row + GAP;
  }
  return rows;
}
