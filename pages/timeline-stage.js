/* The stage: one picture, or two with a divider between; small and at once, then in full. */

import { address } from "./server.js";
import { paint } from "./timeline-sheets.js";

const SETTLE_MS = 90;

export const pictureUrl = (id, time) => address(`api/camera/frames/${id}/image`, { v: Math.floor(time).toString(36) });

class Side {
  #wanted = null;
  #settling = 0;

  constructor(box, failed) {
    Object.assign(this, { box, failed, canvas: box.firstElementChild, image: box.lastElementChild });
  }

  /** `cell` is its small copy; `near` that of a neighbour, for as long as there is nothing better. */
  show({ id, url, alt, cell, near, isMoving }) {
    const isOther = this.#wanted !== id;
    this.#wanted = id;
    if (!isOther && this.box.dataset.painted === `${id}`) return;
    if (cell ?? near) {
      paint(this.canvas, cell ?? near);
      this.image.hidden = true;
      this.box.dataset.painted = cell ? id : "";
    }
    if (!isOther) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#inFull(id, url, alt), isMoving ? SETTLE_MS : 0);
  }

  async #inFull(id, src, alt) {
    const image = Object.assign(new Image(), { src, alt });
    const isThere = await image.decode().then(() => true, () => false);
    if (this.#wanted !== id) return;
    if (!isThere) {
      this.#wanted = null; // tried again when it is shown again
      return this.failed();
    }
    this.image.replaceWith(image);
    this.image = image;
    this.box.dataset.painted = this.box.dataset.full = id;
  }
}

export class Stage {
  #ahead = new Map();

  constructor(root) {
    this.root = root;
    [this.split, this.words] = ["#split", "#words"].map((name) => root.querySelector(name));
    this.sides = [...root.querySelectorAll(".side")].map((box) => new Side(box, () => this.say("This picture does not come: Framecast can't be reached, or its file is gone or damaged.")));
    this.split.addEventListener("input", () => this.#divide());
    for (const name of ["pointerdown", "pointermove"]) root.addEventListener(name, (event) => this.#drag(event));
    this.#divide();
  }

  /** With `second`, that is right of the divider. */
  show(first, second = null) {
    this.sides[1].box.hidden = this.split.hidden = !second;
    this.root.toggleAttribute("data-two", second !== null);
    this.sides[0].show(first);
    if (second) this.sides[1].show(second);
  }

  say(text) {
    this.words.hidden = !text;
    this.words.textContent = text;
  }

  /** Fetches these pictures; whether the first is at hand. */
  fetchAhead(urls) {
    this.#ahead = new Map(urls.map((src) => [src, this.#ahead.get(src) ?? Object.assign(new Image(), { src })]));
    return this.#ahead.get(urls[0])?.complete;
  }

  #drag({ type, buttons, clientX, pointerId }) {
    if (!buttons || this.split.hidden) return;
    if (type === "pointerdown") this.root.setPointerCapture(pointerId);
    const { left, width } = this.root.getBoundingClientRect();
    this.split.value = (100 * (clientX - left)) / width;
    this.#divide();
  }

  #divide() {
    this.root.style.setProperty("--split", `${this.split.value}%`);
    this.split.ariaValueText = `${this.split.value} % before`;
  }
}
