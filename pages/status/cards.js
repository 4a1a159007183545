/* Cards, and lists of what changes: what is in them is written where it changed. */

import { make, setText } from "../shared/dom.js";
import { formatNumber } from "../shared/quantities.js";
import * as texts from "../texts.js";

/** @typedef {string | Node} Content text, or an element made for it */

/**
 * @typedef {object} Card
 * @property {string} title
 * @property {string} [key] by which the card is known again; the title where it is missing
 * @property {string} [href]
 * @property {string} [state] for the colour of its dot; no dot without
 * @property {(string | false)[]} [badges]
 * @property {Content[]} [words] in one line
 * @property {(string | false | null)[]} [advice] a line each
 * @property {string | null} [error]
 * @property {HTMLElement[]} [strips] which stay the same elements
 * @property {Fact[]} facts
 * @property {Fact[]} [technical] facts that only a fault makes interesting: folded
 *
 * Its name and value; it is left out where nothing is known.
 * @typedef {[Content, Content | number | false | null | undefined]} Fact
 */

/**
 * Cards stay, so that the focus and a selection do.
 * @param {HTMLElement} place
 * @param {(Card | false | null | undefined)[]} wanted
 */
export function showCards(place, wanted) {
  const before = new Map(
    [...place.children].map((element) => [/** @type {HTMLElement} */ (element).dataset.key, element]),
  );
  const elements = wanted
    .filter((card) => !!card)
    .map((card) => {
      const { key = card.title } = card;
      const element = /** @type {HTMLElement} */ (before.get(key)) ?? blankCard(key, card.href);
      fill(element, card);
      return element;
    });
  write(place, elements);
}

/** @param {string} key @param {string} [href] */
function blankCard(key, href) {
  const title = href ? make("a", { href }) : make("span");
  const head = make("h3", {}, make("span", { className: "dot" }), title, make("span"));
  /** @type {HTMLElement[]} */
  const parts = [
    make("p"),
    make("p", { className: "error" }),
    make("div", { className: "soft" }),
    make("div"),
    make("dl"),
  ];
  parts.push(make("details", {}, make("summary", {}, texts.technical), make("dl")));
  return make("article", { className: "card", dataset: { key } }, head, ...parts);
}

/** @param {HTMLElement} element @param {Card} card */
function fill(element, card) {
  const { title, state = "", badges = [], words = [], advice = [], error, strips = [], facts, technical = [] } = card;
  const [head, ...places] = /** @type {HTMLElement[]} */ ([...element.children]);
  const [dot, name, marks] = /** @type {HTMLElement[]} */ ([...head.children]);
  element.dataset.state = state;
  dot.hidden = !state;
  setText(name, title);
  write(
    marks,
    present(badges).map((text) => make("span", { className: "badge" }, text)),
  );
  const lines = present(advice).map((text) => make("p", {}, text));
  const contents = [words, error ? [error] : [], lines, strips, rowsOf(facts)];
  contents.forEach((content, place) => {
    write(places[place], content);
    places[place].hidden = !content.length;
  });
  const folded = /** @type {HTMLElement} */ (element.lastElementChild);
  folded.hidden = !technical.length;
  write(/** @type {HTMLElement} */ (folded.lastElementChild), rowsOf(technical));
}

/** @param {Fact[]} facts */
function rowsOf(facts) {
  return facts.flatMap(([name, value]) => {
    if (!value && value !== 0) return [];
    const text = typeof value === "number" ? formatNumber(value) : value;
    return [make("div", {}, make("dt", {}, name), make("dd", {}, text))];
  });
}

/** @param {(string | false | null)[]} some @returns {string[]} */
const present = (some) => some.flatMap((text) => text || []);

/**
 * Child by child, and only those that differ.
 * @param {HTMLElement} element
 * @param {Content[]} wanted
 */
export function write(element, wanted) {
  wanted.forEach((one, place) => {
    const node = typeof one === "string" ? new Text(one) : one;
    const old = element.childNodes[place];
    if (!old) element.append(node);
    else if (old !== node && !old.isEqualNode(node)) old.replaceWith(node);
  });
  while (element.childNodes.length > wanted.length) element.lastChild?.remove();
}
