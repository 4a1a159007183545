/* The document: its elements by their ids, new ones, and text that is written when it changes. */

import { formatDate, formatTime, formatUtc, isSameDay } from "./time.js";

/**
 * All elements of the page that have an id, by it. Each page says what they are:
 * `const page = /** @type {{ problem: HTMLElement }} *\/ (elementsById())`.
 * @returns {any}
 */
export const elementsById = () =>
  Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));

/**
 * @template Element
 * @typedef {Omit<Partial<Element>, "dataset"> & { dataset?: Record<string, string | number> }} Properties
 */

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties<HTMLElementTagNameMap[Tag]>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties, ...children) {
  const { dataset, ...others } = properties ?? {};
  const element = Object.assign(document.createElement(tag), others);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

/**
 * Writes only changes: a live region that is written again is read aloud again.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * An instant as an element: by the installation's clock, without the day when it is today, and in UTC when pointed at.
 * @param {string | number} instant
 * @param {boolean} withSeconds
 */
export function timeElement(instant, withSeconds = false) {
  const day = isSameDay(instant, Date.now()) ? "" : `${formatDate(instant)}, `;
  const dateTime = new Date(instant).toISOString();
  return make("time", { dateTime, title: formatUtc(instant) }, day + formatTime(instant, withSeconds));
}
