/* The elements of access.html that the script uses, by their ids. */

import { elementsById } from "../shared/dom.js";

/**
 * @type {{
 *   main: HTMLElement, note: HTMLElement, done: HTMLElement, said: HTMLElement,
 *   claim: HTMLElement, code: HTMLInputElement, viewer: HTMLFormElement, operator: HTMLFormElement,
 *   token: HTMLFormElement, every: HTMLInputElement, cameras: HTMLElement, end: HTMLSelectElement, made: HTMLElement,
 *   tokens: HTMLElement, sessions: HTMLElement, links: HTMLElement, others: HTMLButtonElement,
 *   "tokens-title": HTMLElement, "sessions-title": HTMLElement, "links-title": HTMLElement,
 * }}
 */
export const page = elementsById();
