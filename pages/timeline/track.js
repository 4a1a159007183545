/* The track: a strip of small pictures over what there is and what is missing, and the instant under the finger. */

import { on } from "../shared/events.js";
import { HOUR_MS } from "../shared/time.js";
import { drawn } from "./density.js";
import { page } from "./elements.js";
import { Scale } from "./scale.js";
import { paint } from "./sheets.js";

/** @import { Frames } from "./frames.js" */
/** @import { Gap } from "./gaps.js" */
/** @import { Cell } from "./sheets.js" */

/**
 * What the track asks the page.
 * @typedef {object} Calls
 * @property {(instant: number, isMoving: boolean) => void} chosen an instant was pointed at; `isMoving` while held
 * @property {(instant: number) => { text: string, cell?: Cell | null, id?: number | null }} peeked what to show of one
 * @property {(from: number, to: number) => (Cell & { isDark: boolean }) | null} cellOf the picture that stands for a stretch
 */

// In pixels, as timeline.css has them: small pictures, bars below them, labels below those.
const STRIP = 76;
const LANE = 18;
const BAR = STRIP + LANE;
const HEIGHT = 116;
const CELL = 128;
const LABEL = 76;
const WIDEST_BAR = 24;
const HATCH = 7;
/** How far down the share that is missing reaches, at most. */
const MISSING = 6;

/** The track on its canvas. */
export class Track {
  #canvas = /** @type {HTMLCanvasElement} */ (page.track.querySelector("canvas"));
  #context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
  #scale = new Scale(0, 1, page.track.clientWidth);
  /** @type {Frames | null} */
  #frames = null;
  /** Of the frames that are shown, those on the track. @type {Uint32Array} */
  #places = new Uint32Array();
  /** @type {Gap[]} */
  #gaps = [];
  /** Where the pointer is. */
  #x = 0;

  /** @param {Calls} calls */
  constructor(calls) {
    this.calls = calls;
    const root = page.track;
    on(root, "pointerdown", ({ pointerId }) => root.setPointerCapture(pointerId));
    for (const name of /** @type {const} */ (["pointerdown", "pointermove", "pointerup"])) {
      on(root, name, (event) => this.#point(event));
    }
    for (const name of ["pointerleave", "pointercancel"]) {
      on(root, name, () => {
        page.peek.hidden = true;
      });
    }
    new ResizeObserver(() => this.draw()).observe(root);
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.draw());
  }

  get width() {
    return this.#scale.width;
  }

  /**
   * @param {Frames} frames
   * @param {Uint32Array} places of the frames that are shown and lie between the two instants
   * @param {number} from
   * @param {number} to
   */
  show(frames, places, from, to) {
    this.#frames = frames;
    this.#places = places;
    this.#scale = new Scale(from, to, this.width);
    this.draw();
  }

  /** @param {Gap[]} gaps of the span that is shown */
  showGaps(gaps) {
    this.#gaps = gaps;
    this.draw();
  }

  /** Puts one of its marks at an instant. @param {HTMLElement} element @param {number} instant NaN for nowhere */
  mark(element, instant) {
    const x = this.#scale.xOf(instant);
    element.hidden = !(x >= -1 && x <= this.width + 1);
    element.style.setProperty("transform", `translateX(${x}px)`);
  }

  draw() {
    const width = page.track.clientWidth;
    this.#scale.width = width;
    if (!width || !this.#frames) return;
    Object.assign(this.#canvas, { width: width * devicePixelRatio, height: HEIGHT * devicePixelRatio });
    const context = this.#context;
    const { color: soft, accentColor: good, borderTopColor: line } = getComputedStyle(page.track);
    context.scale(devicePixelRatio, devicePixelRatio);
    context.fillStyle = line;
    context.fillRect(0, 0, width, BAR);
    this.#drawStrip();
    this.#drawBars(this.#frames, good, soft);
    Object.assign(context, { strokeStyle: soft, fillStyle: soft, font: "12px system-ui, sans-serif" });
    this.#drawGaps();
    this.#drawLabels();
    this.#peek();
  }

  #drawStrip() {
    const step = this.width / Math.ceil(this.width / CELL);
    for (let x = 0; x < this.width - 1; x += step) {
      const cell = this.calls.cellOf(this.#scale.instantOf(x), this.#scale.instantOf(x + step));
      if (!cell) continue;
      const { sheet, y, height } = cell;
      const part = Math.min(cell.width, (height * step) / STRIP);
      const left = cell.x + (cell.width - part) / 2;
      this.#context.drawImage(sheet, left, y, part, height, x + 0.5, 0, step - 1, STRIP);
      if (!cell.isDark) continue;
      // A night is no broken picture.
      this.#context.fillStyle = "#fff";
      this.#context.fillText("☾", x + 6, 20);
    }
  }

  /**
   * How many frames there are in each pixel, and how many of them are dark.
   * @param {Frames} frames
   * @param {string} good colour of the others
   * @param {string} soft colour of the dark ones
   */
  #drawBars(frames, good, soft) {
    const all = new Uint32Array(this.width + 2);
    const dark = new Uint32Array(this.width + 2);
    const hour = this.#scale.xOf(this.#scale.from + HOUR_MS);
    const wide = Math.min(Math.max(1, 0.7 * hour), WIDEST_BAR);
    for (const place of this.#places) {
      const x = Math.floor(this.#scale.xOf(frames.times[place]));
      all[x] += 1;
      if (frames.isDark(place)) dark[x] += 1;
    }
    const most = all.reduce((one, other) => Math.max(one, other), 1);
    const bar = (
      /** @type {number} */ x,
      /** @type {number} */ tall,
      /** @type {string} */ fillStyle,
      globalAlpha = 1,
    ) => {
      Object.assign(this.#context, { fillStyle, globalAlpha });
      this.#context.fillRect(x, BAR - tall, wide, tall);
    };
    all.forEach((count, x) => {
      if (!count) return;
      const tall = 4 + (LANE - 6) * (count / most);
      bar(x, tall, good, 1 - dark[x] / count);
      bar(x, tall, soft, (0.55 * dark[x]) / count);
    });
  }

  /** Wide gaps are hatched; of many small ones the lane shows how much is missing, so that the pictures stay seen. */
  #drawGaps() {
    const context = this.#context;
    const { wide, missing } = drawn(this.#gaps, this.#scale);
    for (const { x: begin, width, isDeleted } of wide) {
      context.save();
      context.beginPath();
      context.rect(begin, 0, width, BAR);
      context.clip();
      context.globalAlpha = isDeleted ? 0.3 : 0.8;
      for (let x = begin - BAR; x < begin + width; x += HATCH) {
        context.moveTo(x, BAR);
        context.lineTo(x + BAR, 0);
      }
      context.stroke();
      context.restore();
    }
    missing.forEach((share, x) => {
      if (!share) return;
      context.globalAlpha = 0.4 + 0.6 * share;
      context.fillRect(x, STRIP, 1, 1 + MISSING * share);
    });
    context.globalAlpha = 1;
  }

  #drawLabels() {
    const context = this.#context;
    for (const { x, text } of this.#scale.labels(LABEL)) {
      context.fillRect(x, BAR, 1, 5);
      const hasRoom = x >= 0 && x + context.measureText(text).width < this.width;
      if (hasRoom) context.fillText(text, x + 3, HEIGHT - 4);
    }
  }

  /** @param {PointerEvent} event */
  #point({ type, buttons, clientX, pointerType }) {
    const isUp = type === "pointerup";
    this.#x = clientX - page.track.getBoundingClientRect().left;
    if (isUp || buttons & 1) this.calls.chosen(this.#scale.instantOf(this.#x), !isUp);
    page.peek.hidden = isUp && pointerType !== "mouse";
    this.#peek();
  }

  #peek() {
    const { peek } = page;
    if (peek.hidden) return;
    const { text, cell, id } = this.calls.peeked(this.#scale.instantOf(this.#x));
    const canvas = /** @type {HTMLCanvasElement} */ (peek.firstElementChild);
    canvas.hidden = !cell;
    if (cell) paint(canvas, cell);
    peek.dataset.painted = `${id ?? ""}`;
    /** @type {HTMLElement} */ (peek.lastElementChild).textContent = text;
    const half = peek.offsetWidth / 2;
    const left = Math.max(0, Math.min(this.#x - half, this.width - 2 * half));
    peek.style.setProperty("transform", `translateX(${left}px)`);
  }
}
