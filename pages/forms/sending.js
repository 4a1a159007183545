/*
 * Forms that a script sends. What is wrong with a field stands beside it, as the browser or the server says it; all else
 * stands in the form's `[role=status]`. A form is sent once at a time, and keeps the focus.
 */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

let notes = 0;

/** What is wrong with the field of this name, in the form that is sent or beside it. */
export class FieldError extends Error {
  /** @param {string} words @param {Field | null} field */
  constructor(words, field) {
    super(words);
    this.field = field;
  }
}

/**
 * Sends a form's fields by `send`, which says what was done, and throws what went wrong, in words.
 * @param {HTMLFormElement} form
 * @param {(fields: FormData) => Promise<string>} send
 */
export function whenSent(form, send) {
  const words = /** @type {HTMLElement} */ (form.querySelector("[role=status]"));
  let isUnderWay = false;

  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (isUnderWay) return;
    isUnderWay = true;
    words.classList.remove("error");
    for (const field of document.querySelectorAll("[aria-invalid]")) markAsRight(/** @type {Field} */ (field));
    try {
      setText(words, await send(new FormData(form)));
    } catch (error) {
      tell(/** @type {Error} */ (error));
    }
    isUnderWay = false;
  };

  const tell = (/** @type {Error} */ error) => {
    const field = error instanceof FieldError ? error.field : fieldIn(form, error.message);
    setText(words, field ? "" : error.message);
    words.classList.toggle("error", !field);
    if (!field) return;
    markAsWrong(field, error.message);
    field.focus();
  };

  on(form, "submit", submit);
  on(
    form,
    "invalid",
    (event) => {
      event.preventDefault(); // the words stand beside the field, where they stay
      const field = /** @type {Field} */ (event.target);
      markAsWrong(field, field.validationMessage);
      /** @type {HTMLElement | null} */ (form.querySelector("[aria-invalid]"))?.focus();
    },
    true,
  );
  on(form, "input", ({ target }) => markAsRight(/** @type {Field} */ (target)));
}

/**
 * The field that the server's words name, where it can be seen: 'password' is not valid.
 * @param {HTMLFormElement} form
 * @param {string} words
 */
function fieldIn(form, words) {
  const field = /** @type {Field | null} */ (form.querySelector(`[name="${nameIn(words)}"]`));
  return field?.offsetParent ? field : null;
}

/** @param {string} words */
export const nameIn = (words) => words.match(/^'(\w+)/)?.[1] ?? "";

/** @param {Field} field @param {string} words */
function markAsWrong(field, words) {
  const note = noteOf(field) ?? make("small", { className: "error", id: `wrong-${++notes}` });
  note.textContent = words;
  (field.closest("label") ?? field).after(note);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", note.id);
}

/** @param {Field} field */
function markAsRight(field) {
  noteOf(field)?.remove();
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
}

/** @param {Field} field */
const noteOf = (field) =>
  field.hasAttribute("aria-invalid") ? document.getElementById(field.getAttribute("aria-describedby") ?? "") : null;
