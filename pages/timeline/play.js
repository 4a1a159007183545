/* The clock of playing, and its button. */

import * as texts from "../texts.js";
import { page } from "./elements.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Whether pictures follow each other by themselves. */
export const isPlaying = () => timer !== undefined;

/**
 * Shows a picture after the other, at the speed that is chosen.
 * @param {() => boolean} showNext returns whether there was another
 */
export function play(showNext) {
  label(texts.pause);
  (function step() {
    timer = setTimeout(step, 1_000 / Number(page.speed.value));
    if (!showNext()) pause();
  })();
}

/** Stops where it is. */
export function pause() {
  clearTimeout(timer);
  timer = undefined;
  label(texts.play);
}

/** @param {string} text */
function label(text) {
  page.play.title = text;
  page.play.ariaLabel = text;
}
