/* Asks before something is lost. The page has the dialog: `#sure` with `#sure-text`, and a button of the value "yes". */

import { on } from "../shared/events.js";

/**
 * @param {string} question
 * @returns {Promise<boolean>} whether to go on
 */
export function isConfirmed(question) {
  const sure = /** @type {HTMLDialogElement} */ (document.getElementById("sure"));
  /** @type {HTMLElement} */ (document.getElementById("sure-text")).textContent = question;
  sure.returnValue = "";
  sure.showModal();
  return new Promise((resolve) => {
    on(sure, "close", () => resolve(sure.returnValue === "yes"), { once: true });
  });
}
