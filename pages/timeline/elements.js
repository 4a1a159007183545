/* The elements of archive.html that the scripts use, by their ids. */

import { elementsById } from "../shared/dom.js";

/**
 * @type {{
 *   when: HTMLTimeElement, note: HTMLElement, due: HTMLElement, camera: HTMLSelectElement, capture: HTMLButtonElement,
 *   stage: HTMLElement, before: HTMLElement, after: HTMLElement, words: HTMLElement, split: HTMLInputElement,
 *   track: HTMLElement, pin: HTMLElement, head: HTMLElement, peek: HTMLElement,
 *   play: HTMLButtonElement, speed: HTMLSelectElement, previous: HTMLButtonElement, next: HTMLButtonElement,
 *   compare: HTMLButtonElement, share: HTMLButtonElement, picture: HTMLButtonElement, download: HTMLAnchorElement,
 *   kept: HTMLButtonElement, delete: HTMLButtonElement,
 *   spans: HTMLFieldSetElement, earlier: HTMLButtonElement, later: HTMLButtonElement,
 *   first: HTMLInputElement, last: HTMLInputElement,
 *   daylight: HTMLInputElement, daily: HTMLInputElement, hour: HTMLSelectElement,
 *   "span-note": HTMLElement, outlook: HTMLElement, gaps: HTMLElement,
 *   month: HTMLElement, "month-before": HTMLButtonElement, "month-after": HTMLButtonElement, year: HTMLButtonElement,
 *   calendar: HTMLElement, "month-note": HTMLElement,
 *   "take-title": HTMLElement, zip: HTMLAnchorElement, lapse: HTMLFormElement, estimate: HTMLElement, render: HTMLButtonElement,
 *   lapses: HTMLElement,
 *   whole: HTMLElement, "whole-note": HTMLElement, "whole-key": HTMLElement, "whole-words": HTMLElement,
 *   renaming: HTMLFormElement, forgetting: HTMLFormElement,
 *   sure: HTMLDialogElement, "sure-text": HTMLElement,
 * }}
 */
export const page = elementsById();
