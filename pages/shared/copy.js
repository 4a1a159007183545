/* The clipboard, also over plain HTTP, where browsers have no way for scripts but the old one. */

import * as texts from "../texts.js";
import { make } from "./dom.js";

/**
 * Copies a text; where nothing may, the browser shows it to be copied by hand.
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const field = make("textarea", { className: "unseen", value: text });
    document.body.append(field);
    field.select();
    if (!document.execCommand("copy")) prompt(texts.copyByHand, text);
    field.remove();
    focused?.focus();
  }
}
