/* Asks before something is lost. */

import { on } from "../shared/events.js";
import { page } from "./elements.js";

/**
 * @param {string} question
 * @returns {Promise<boolean>} whether to go on
 */
export function isConfirmed(question) {
  page["sure-text"].textContent = question;
  page.sure.returnValue = "";
  page.sure.showModal();
  return new Promise((resolve) => {
    on(page.sure, "close", () => resolve(page.sure.returnValue === "yes"), { once: true });
  });
}
