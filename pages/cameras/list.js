/* The cameras as cards: how each one is, and what can be done with it. A card stays as long as its camera. */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { faultOf } from "../shared/fault.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";
import { withoutAdvice } from "./recording.js";
import { nameOf, state } from "./state.js";

/** @import { SetCamera } from "./state.js" */

/** What a button does, by its name. @typedef {"up" | "down" | "switch" | "remove"} Act */

/** @param {(act: Act, key: string) => void} act */
export const whenPressed = (act) =>
  on(page.list, "click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button");
    const card = button?.closest("article");
    if (button && card) act(/** @type {Act} */ (button.dataset.act), `${card.dataset.key}`);
  });

export function showList() {
  const cameras = state.answer?.cameras ?? [];
  const cards = new Map([...page.list.children].map((card) => [/** @type {HTMLElement} */ (card).dataset.key, card]));
  const focused = document.activeElement;
  cameras.forEach((camera, index) => {
    const card = /** @type {HTMLElement} */ (cards.get(camera.key) ?? newCard(camera.key));
    cards.delete(camera.key);
    fill(card, camera, index, cameras.length);
    if (page.list.children[index] !== card) page.list.insertBefore(card, page.list.children[index] ?? null);
  });
  for (const gone of cards.values()) gone.remove();
  // A card that has moved has lost the focus.
  if (focused !== document.activeElement && page.list.contains(focused)) /** @type {HTMLElement} */ (focused).focus();
}

/** @param {string} key */
function newCard(key) {
  const acts = ["up", "down", "switch", "remove"].map((act) =>
    make("button", { className: "button", dataset: { act } }),
  );
  const name = make("a", { href: `./?camera=${key}` });
  const words = make("p", {}, make("span"), " ", make("code"));
  const settings = make("a", { className: "button", href: `#${key}` }, texts.cameraSettings);
  return make(
    "article",
    { className: "card", dataset: { key } },
    make("h3", {}, make("span", { className: "dot" }), name),
    words,
    make("p", { className: "soft" }),
    make("div", { className: "acts" }, settings, ...acts),
  );
}

/** @param {HTMLElement} card @param {SetCamera} camera @param {number} index @param {number} count */
function fill(card, { key, settings }, index, count) {
  const device = state.devices.get(key);
  const isOff = settings.enabled === false;
  const name = nameOf(key);
  const known = isOff ? "disabled" : (device?.state ?? "connecting");
  card.dataset.state = known;
  const [link, word, place, fault, settingsLink] = ["h3 a", "p span", "code", ".soft", ".acts a"].map(
    (selector) => /** @type {HTMLElement} */ (card.querySelector(selector)),
  );
  setText(link, name);
  /** @type {Record<string, string>} */
  const states = texts.cameraStates;
  setText(word, states[known] ?? known);
  setText(place, settings.rtsp_url ?? "");
  setText(fault, !isOff && device?.last_error ? withoutAdvice(faultOf(device.last_error)) : "");
  settingsLink.ariaLabel = texts.actOn(texts.cameraSettings, name);
  const labels = { up: texts.moveUp, down: texts.moveDown, switch: isOff ? texts.switchOn : texts.switchOff };
  for (const button of card.querySelectorAll("button")) {
    const act = /** @type {Act} */ (button.dataset.act);
    const label = act === "remove" ? texts.removeCamera : labels[act];
    setText(button, texts.signs[/** @type {"up"} */ (act)] ?? label);
    button.ariaLabel = texts.actOn(label, name);
    button.hidden = !state.answer?.can_change || (count === 1 && (act === "up" || act === "down"));
    // Not disabled: it keeps the focus of whoever presses it again and again.
    button.ariaDisabled = `${(act === "up" && !index) || (act === "down" && index === count - 1)}`;
  }
}
