/* The elements of status.html that the scripts use, by their ids. */

import { elementsById } from "../shared/dom.js";

/**
 * @type {{
 *   main: HTMLElement, sum: HTMLElement, words: HTMLElement, problems: HTMLElement, asked: HTMLElement,
 *   doubts: HTMLElement, "doubts-note": HTMLElement,
 *   "right-row": HTMLElement, "right-text": HTMLElement, "right-button": HTMLElement,
 *   "out-row": HTMLElement, "out-text": HTMLElement, "out-button": HTMLElement,
 *   "now-row": HTMLElement, "now-text": HTMLElement, "now-button": HTMLElement,
 *   "check-words": HTMLElement, "check-start": HTMLButtonElement,
 *   legend: HTMLElement, past: HTMLElement, cameras: HTMLElement, services: HTMLElement, settings: HTMLElement,
 *   rescan: HTMLElement, "rescan-words": HTMLElement,
 *   "rescan-start": HTMLButtonElement, "rescan-drop": HTMLButtonElement,
 * }}
 */
export const page = elementsById();
