/*
 * The words that the element shows. It is one small file for other people's pages, so it has words of its own; those of
 * our pages are in ../texts.js.
 */

export const noPicture = "No picture comes. Connecting again.";
/** @param {number} ms */
export const behind = (ms) => `${ageWords(ms)} behind.`;
export const unreachable = "The server can't be reached. Trying again.";
export const unreachableElsewhere =
  "The server can't be reached, or wants a login, a link or this page in ALLOWED_ORIGINS.";
export const noConnectionLeft = "The browser has no connection left.";
export const noLivePicture = "The camera gives no live picture.";
export const connecting = "Connecting…";
export const paused = "Paused.";
export const live = "live";

/** @param {number} status of an HTTP answer that says no more */
export const answered = (status) => `The server answered ${status}.`;
/** @param {string} base the server's address */
export const logIn = (base) => `Log in at ${base} first, or use a share link.`;
/** @param {string} key */
export const nameOf = (key) => `Camera ${key}`;
/** @param {string} state of a camera that does not say why */
export const cameraIs = (state) => `The camera is ${state}.`;
/** @param {string} text @param {string} time of the picture that is still shown */
export const withLastPicture = (text, time) => `${text} Last picture ${time}.`;

const UNITS = /** @type {const} */ ([
  [3_600e3, "h"],
  [60e3, "min"],
  [1e3, "s"],
]);

/**
 * An age in its largest unit of which there are two: 1.4 s, 119 s, 2 min.
 * @param {number} ms
 */
export function ageWords(ms) {
  const [size, unit] = UNITS.find(([size]) => ms >= 2 * size) ?? UNITS[2];
  return `${(ms / size).toFixed(ms < 10e3 ? 1 : 0)} ${unit}`;
}
