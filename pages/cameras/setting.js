/* A setting of a camera as a field of the form: what it is now, and what was typed, which nothing overwrites. */

import { make, setText } from "../shared/dom.js";
import * as texts from "../texts.js";

/**
 * A setting as `fields` of the server's answer describes it.
 * @typedef {object} Description
 * @property {string} name
 * @property {string} kind
 * @property {unknown} default
 * @property {string | null} unit
 * @property {string} form completes: it must be …
 * @property {unknown[] | null} choices
 * @property {boolean} can_change
 */

/** @param {unknown} value */
const textOf = (value) => (value === null || value === undefined ? "" : `${value}`);

export class Setting {
  #kept = "";
  /** Takes a kept password out. @type {HTMLInputElement | null} */
  #none = null;

  /** @param {Description} description */
  constructor(description) {
    const { name, kind, choices, can_change: canChange } = description;
    this.description = description;
    this.name = name;
    /** @type {Record<string, string>} */
    const names = texts.settingNames;
    const title = names[name] ?? name;
    this.input = choices ? make("select") : make("input", { type: kind === "secret" ? "password" : "text" });
    if (choices) for (const choice of choices) this.input.append(new Option(`${choice}`));
    if (kind === "switch") /** @type {HTMLInputElement} */ (this.input).type = "checkbox";
    Object.assign(this.input, { name, autocomplete: kind === "secret" ? "new-password" : "off", spellcheck: false });
    this.input.disabled = !canChange;
    if (kind === "number" || kind === "whole") this.input.inputMode = "decimal";
    this.hint = make("small", { className: "soft", id: `about-${name}` }, hintOf(description));
    this.input.setAttribute("aria-describedby", this.hint.id);
    const label =
      kind === "switch"
        ? make("label", { className: "check" }, this.input, title)
        : make("label", {}, title, this.input);
    this.element = make("div", { className: "setting" }, label, this.hint);
    if (kind === "secret") this.#offerNone();
  }

  #offerNone() {
    this.#none = make("input", { type: "checkbox" });
    this.element.append(make("label", { className: "check" }, this.#none, texts.takePasswordOut));
  }

  get #now() {
    const { input } = this;
    return input instanceof HTMLInputElement && input.type === "checkbox" ? `${input.checked}` : input.value;
  }

  /** @param {string} text */
  #write(text) {
    const { input } = this;
    if (input instanceof HTMLInputElement && input.type === "checkbox") input.checked = text === "true";
    else if (input.value !== text) input.value = text;
    if (this.#none) this.#none.checked = false;
  }

  get isChanged() {
    return this.#now !== this.#kept || Boolean(this.#none?.checked);
  }

  /** Sets what is typed, as if somebody had. @param {string} text */
  type(text) {
    this.input.value = text;
  }

  /**
   * What is kept now. What was typed stays.
   * @param {Record<string, unknown>} settings
   * @param {boolean} hasPassword
   * @param {boolean} isSaved whether what was typed is kept, too
   */
  take(settings, hasPassword, isSaved) {
    const { kind, choices, default: usual } = this.description;
    const isTyped = this.isChanged && !isSaved;
    this.#kept = textOf(settings[this.name] ?? (choices || kind === "switch" ? usual : ""));
    if (!isTyped) this.#write(this.#kept);
    if (this.#none) {
      /** @type {HTMLElement} */ (this.#none.parentElement).hidden = !hasPassword;
      setText(this.hint, hasPassword ? texts.passwordIsKept : texts.passwordIsNotSet);
    }
  }

  /** What to send; null for the default. */
  get value() {
    const { kind, choices, default: usual } = this.description;
    const text = this.#now.trim();
    if (kind === "switch") return text === `${usual}` ? null : text === "true";
    if (choices) return text === `${usual}` ? null : choices.find((choice) => `${choice}` === text);
    if (kind === "secret") return this.#none?.checked ? null : this.#now;
    if (!text) return null;
    const isNumber = (kind === "number" || kind === "whole") && Number.isFinite(Number(text));
    return isNumber ? Number(text) : text;
  }
}

/** @param {Description} description */
function hintOf({ kind, form, unit, choices, default: usual, can_change: canChange }) {
  if (!canChange) return texts.setByHand;
  const wanted = choices || kind === "switch" || form === "text" ? "" : texts.mustBe(form);
  const value = kind === "switch" ? texts.onOrOff(Boolean(usual)) : textOf(usual);
  return [wanted, value && texts.usually(value, unit ?? "")].filter(Boolean).join(" ");
}
