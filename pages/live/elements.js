/* The elements of index.html that the scripts use, by their ids. */

import { elementsById } from "../shared/dom.js";

/**
 * @type {{
 *   main: HTMLElement, tiles: HTMLElement, problem: HTMLElement, archiving: HTMLElement,
 *   previous: HTMLButtonElement, next: HTMLButtonElement,
 *   bar: HTMLElement, name: HTMLElement, demo: HTMLElement, facts: HTMLElement,
 *   title: HTMLElement,
 *   grid: HTMLButtonElement, columns: HTMLButtonElement, pause: HTMLButtonElement, snapshot: HTMLAnchorElement, info: HTMLButtonElement,
 *   full: HTMLButtonElement, help: HTMLButtonElement,
 *   notes: HTMLElement, hint: HTMLElement, details: HTMLElement, keys: HTMLDialogElement,
 * }}
 */
export const page = elementsById();
