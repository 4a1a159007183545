/* A button that copies a line, and says so for a moment. */

import { copyText } from "../shared/copy.js";
import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import * as texts from "../texts.js";

const COPIED_MS = 2_000;

/**
 * @param {string} label what it copies, for screen readers
 * @param {() => string} line
 * @param {HTMLElement} said a live region of the page
 */
export function copyButton(label, line, said) {
  const button = make("button", { className: "button", type: "button", ariaLabel: label }, texts.copy);
  on(button, "click", async () => {
    await copyText(line());
    said.textContent = texts.isCopied;
    setText(button, texts.copied);
    setTimeout(() => {
      said.textContent = "";
      button.textContent = texts.copy;
    }, COPIED_MS);
  });
  return button;
}
