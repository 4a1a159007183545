/* Numbers with their units, as the viewer's language writes them. */

import * as texts from "../texts.js";

/** With one digit after the point at most. @param {number} value */
export const formatNumber = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 1 });

const SIZES = /** @type {const} */ ([
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
]);

/** 1.4 MB, 14 MB, 999 bytes. @param {number} bytes */
export function formatSize(bytes) {
  const [size, unit] = SIZES.find(([size]) => bytes >= size) ?? [1, texts.bytes];
  const maximumFractionDigits = bytes / size < 10 && size > 1 ? 1 : 0;
  return `${(bytes / size).toLocaleString(undefined, { maximumFractionDigits })} ${unit}`;
}
