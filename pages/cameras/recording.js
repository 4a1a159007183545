/* Saves what a camera said to a file, for a report. It is offered where nobody knows why there is no picture. */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import * as texts from "../texts.js";
import { ask } from "./asking.js";
import { page } from "./elements.js";

/** What the words of a fault end in where nobody knows the reason. The button stands for it here. */
const ADVICE = / ?`framecast record-camera KEY`[^.]*\./;
/** A browser may begin to save a file some time after the click. */
const KEEP_MS = 60_000;
const words = /** @type {HTMLElement} */ (page.record.querySelector("[role=status]"));
/** What to try. @type {() => Record<string, unknown>} */
let wanted = () => ({});
let isUnderWay = false;

/** Whether nobody knows the reason. @param {string} words of a fault */
export const isUnclear = (words) => ADVICE.test(words);

/** @param {string} words of a fault */
export const withoutAdvice = (words) => words.replace(ADVICE, "");

/** @param {HTMLElement} place behind which it is offered @param {() => Record<string, unknown>} camera to try, as in a test */
export function offerRecording(place, camera) {
  wanted = camera;
  if (!page.record.hidden) return;
  place.after(page.record);
  page.record.hidden = false;
}

export function withdrawRecording() {
  page.record.hidden = true;
  say("");
}

/** @param {string} text @param {boolean} [isWrong] */
function say(text, isWrong = false) {
  setText(words, text);
  words.classList.toggle("error", isWrong);
}

/** Has the browser save a file that the server sends; its name. @param {Response} answer */
async function saveFile(answer) {
  const name = answer.headers.get("Content-Disposition")?.match(/"(.+)"/)?.[1] ?? "";
  const href = URL.createObjectURL(await answer.blob());
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEEP_MS);
  return name;
}

on(page["save-exchange"], "click", async () => {
  if (isUnderWay) return;
  isUnderWay = true;
  say(texts.trying);
  try {
    say(texts.recordIsSaved(await saveFile(await ask("/record", "POST", wanted()))));
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  }
  isUnderWay = false;
});
