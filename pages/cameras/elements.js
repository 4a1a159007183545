/* The elements of cameras.html that the scripts use, by their ids. */

import { elementsById } from "../shared/dom.js";

/**
 * @type {{
 *   main: HTMLElement, note: HTMLElement, done: HTMLElement, said: HTMLElement, claim: HTMLFormElement,
 *   all: HTMLElement, add: HTMLButtonElement, list: HTMLElement,
 *   find: HTMLFormElement, found: HTMLElement,
 *   adding: HTMLElement, "adding-title": HTMLElement, try: HTMLFormElement, tried: HTMLElement, keep: HTMLFormElement,
 *   cancel: HTMLButtonElement, save: HTMLButtonElement,
 *   one: HTMLElement, title: HTMLElement, form: HTMLFormElement, groups: HTMLElement, "form-end": HTMLElement,
 *   view: HTMLElement, live: HTMLImageElement, outcome: HTMLElement,
 *   record: HTMLElement, "save-exchange": HTMLButtonElement,
 *   test: HTMLButtonElement, draw: HTMLButtonElement,
 *   drawing: HTMLElement, canvas: HTMLElement, ground: HTMLImageElement, areas: SVGSVGElement, shapes: HTMLElement,
 *   "add-mask": HTMLButtonElement, "add-crop": HTMLButtonElement, drawn: HTMLButtonElement,
 *   removing: HTMLDialogElement, "removing-text": HTMLElement, "delete-text": HTMLElement,
 * }}
 */
export const page = elementsById();
