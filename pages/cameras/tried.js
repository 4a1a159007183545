/* What a try of an address brought: the picture and what it is, or the reason. */

import { make } from "../shared/dom.js";
import { formatNumber } from "../shared/quantities.js";
import * as texts from "../texts.js";

/** @typedef {any} Tried of the server, as docs/api.md has it */

/** @param {HTMLElement} place @param {Tried} tried @param {boolean} saysReason whether it stands nowhere else */
export function showTried(place, tried, saysReason = true) {
  const { works, reason, picture, notice, understood, address } = tried;
  const lines = [works ? factsOf(tried) : "", notice, ...understood, address && texts.triedAt(address)];
  const parts = lines.filter(Boolean).map((line) => make("p", { className: "soft" }, line));
  if (!works && saysReason) parts.unshift(make("p", { className: "error" }, reason));
  const image = picture && make("img", { src: `data:image/jpeg;base64,${picture}`, alt: texts.triedPicture });
  place.replaceChildren(...(image ? [image] : []), ...parts);
}

/** @param {Tried} tried */
function factsOf({ codec, width, height, fps, reader, transport }) {
  const rate = fps && texts.triedRate(formatNumber(fps));
  /** @type {Record<string, string>} */
  const readers = texts.triedReaders;
  const way = [readers[reader] ?? reader, transport?.toUpperCase()].filter(Boolean).join(", ");
  return [codec?.toUpperCase(), `${width} × ${height}`, rate, way].filter(Boolean).join(" · ");
}
