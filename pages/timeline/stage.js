/* The stage: one picture, or two with a divider between; small and at once, then in full. */

import { on } from "../shared/events.js";
import { address } from "../shared/server.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";
import { digitsOf } from "./frames.js";
import { paint } from "./sheets.js";

/** @import { Cell } from "./sheets.js" */

/**
 * What to show: `cell` is the picture's small copy; `near` that of a neighbour, for as long as there is nothing better.
 * @typedef {{ id: number, url: string, alt: string, cell: Cell | null, near: Cell | null, isMoving: boolean }} Shown
 */

/** While the track is dragged, a picture is fetched in full only where the finger rests so long. */
const SETTLE_MS = 90;

/** The address of a picture in full, which a browser may keep. @param {number} id @param {number} hash */
export const pictureUrl = (id, hash) => address(`api/camera/frames/${id}/image`, { v: digitsOf(hash) });

/** The place of one picture. */
class Side {
  /** @type {number | null} */
  #wanted = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;

  /** @param {HTMLElement} box @param {() => void} failed called when a picture does not come */
  constructor(box, failed) {
    this.box = box;
    this.failed = failed;
    this.canvas = /** @type {HTMLCanvasElement} */ (box.firstElementChild);
    this.image = /** @type {HTMLImageElement} */ (box.lastElementChild);
  }

  /** @param {Shown} shown */
  show({ id, url, alt, cell, near, isMoving }) {
    const isOther = this.#wanted !== id;
    this.#wanted = id;
    if (!isOther && this.box.dataset.painted === `${id}`) return;
    const small = cell ?? near;
    if (small) {
      paint(this.canvas, small);
      this.image.hidden = true;
      this.box.dataset.painted = cell ? `${id}` : "";
    }
    if (!isOther) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#showInFull(id, url, alt), isMoving ? SETTLE_MS : 0);
  }

  /** @param {number} id @param {string} src @param {string} alt */
  async #showInFull(id, src, alt) {
    const image = Object.assign(new Image(), { src, alt });
    const isThere = await image.decode().then(
      () => true,
      () => false,
    );
    if (this.#wanted !== id) return;
    if (!isThere) {
      this.#wanted = null; // tried again when it is shown again
      this.failed();
      return;
    }
    this.image.replaceWith(image);
    this.image = image;
    this.box.dataset.painted = `${id}`;
    this.box.dataset.full = `${id}`;
  }
}

/** The place of the large picture, or of the two that are compared. */
export class Stage {
  /** Pictures fetched before they are shown, by address. @type {Map<string, HTMLImageElement>} */
  #ahead = new Map();
  #sides;

  constructor() {
    const boxes = /** @type {NodeListOf<HTMLElement>} */ (page.stage.querySelectorAll(".side"));
    this.#sides = [...boxes].map((box) => new Side(box, () => this.say(texts.pictureDoesNotCome)));
    on(page.split, "input", () => this.#divide());
    for (const name of /** @type {const} */ (["pointerdown", "pointermove"])) {
      on(page.stage, name, (event) => this.#drag(event));
    }
    this.#divide();
  }

  /** @param {Shown} first @param {Shown} [second] right of the divider */
  show(first, second) {
    const [left, right] = this.#sides;
    right.box.hidden = !second;
    page.split.hidden = !second;
    page.stage.toggleAttribute("data-two", Boolean(second));
    left.show(first);
    if (second) right.show(second);
  }

  /** Over the picture; nothing where empty. @param {string} text */
  say(text) {
    page.words.hidden = !text;
    page.words.textContent = text;
  }

  /**
   * Fetches pictures.
   * @param {string[]} urls
   * @returns {boolean} whether the first is at hand
   */
  fetchAhead(urls) {
    this.#ahead = new Map(urls.map((src) => [src, this.#ahead.get(src) ?? Object.assign(new Image(), { src })]));
    return this.#ahead.get(urls[0])?.complete ?? false;
  }

  /** @param {PointerEvent} event */
  #drag({ type, buttons, clientX, pointerId }) {
    if (!buttons || page.split.hidden) return;
    if (type === "pointerdown") page.stage.setPointerCapture(pointerId);
    const { left, width } = page.stage.getBoundingClientRect();
    page.split.value = `${(100 * (clientX - left)) / width}`;
    this.#divide();
  }

  #divide() {
    page.stage.style.setProperty("--split", `${page.split.value}%`);
    page.split.ariaValueText = texts.before(page.split.value);
  }
}
