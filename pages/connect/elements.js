/* The elements of connect.html that the script uses, by their ids. */

import { elementsById } from "../shared/dom.js";

/**
 * @type {{
 *   share: HTMLFormElement, camera: HTMLSelectElement, time: HTMLSelectElement, make: HTMLButtonElement,
 *   password: HTMLInputElement, note: HTMLElement, said: HTMLElement, codes: HTMLElement, lines: HTMLElement,
 * }}
 */
export const page = elementsById();
