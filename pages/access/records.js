/* Lists of what can be ended. A card stays as long as its record, so that the focus does. */

import { make } from "../shared/dom.js";
import { on } from "../shared/events.js";
import * as texts from "../texts.js";

/**
 * @typedef {object} Shown
 * @property {string} id
 * @property {string} title
 * @property {string} [hint] the title in full
 * @property {string} [badge]
 * @property {(string | Node)[][]} lines
 * @property {string} act what the button says
 * @property {() => void} end what it does
 */

/** @param {HTMLElement} place @param {Shown[]} wanted @param {string} none what is said where there are none */
export function showRecords(place, wanted, none) {
  const before = new Map(
    [...place.children].map((element) => [/** @type {HTMLElement} */ (element).dataset.key, element]),
  );
  const elements = wanted.map((record) => {
    const element = before.get(record.id) ?? blank(record);
    before.delete(record.id);
    fill(/** @type {HTMLElement} */ (element.firstElementChild), record);
    return element;
  });
  if (!elements.length) elements.push(before.get("") ?? make("p", { className: "soft", dataset: { key: "" } }, none));
  for (const [key, gone] of before) if (key || wanted.length) gone.remove();
  elements.forEach((element, index) => {
    if (place.children[index] !== element) place.insertBefore(element, place.children[index] ?? null);
  });
}

/** @param {Shown} record */
function blank({ id, title, act, end }) {
  const button = make("button", { className: "button", ariaLabel: texts.actOn(act, title) }, act);
  on(button, "click", end);
  return make("article", { className: "card record", dataset: { key: id } }, make("div"), button);
}

/** @param {HTMLElement} place @param {Shown} record */
function fill(place, { title, hint = "", badge, lines }) {
  const name = make("span", { title: hint }, title);
  const head = make("h3", {}, name, ...(badge ? [make("span", { className: "badge" }, badge)] : []));
  place.replaceChildren(head, ...lines.map((line) => make("p", { className: "soft" }, ...line)));
}
