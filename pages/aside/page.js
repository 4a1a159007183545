/* What the archive has of a camera, beside its live picture. It is loaded when a camera is large: no picture waits for it. */

import { elementsById } from "../shared/dom.js";
import { LatestFrames } from "./latest-frames.js";
import { YearAgo } from "./year-ago.js";

/** @type {{ archive: HTMLElement, year: HTMLElement }} */
const page = elementsById();

export { showDetails } from "./details.js";
export const latestFrames = new LatestFrames(page.archive, new YearAgo(page.year));
