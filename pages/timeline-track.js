/* The track: a strip of small pictures over what there is and what is missing, and the instant under the finger. */

import { dayKey, dayStart } from "./server.js";
import { paint } from "./timeline-sheets.js";

const HOUR_MS = 3_600_000;
const [STRIP, LANE, HEIGHT] = [76, 18, 116]; // of the small pictures, both together are the bar; then the labels
const BAR = STRIP + LANE;
const CELL_PX = 128;
const LABEL_PX = 76;
const STEPS = { Hours: [1, 2, 3, 6, 12], Date: [1, 2, 7, 14], Month: [1, 2, 3, 6, 12] };
const LENGTHS = { Hours: HOUR_MS, Date: 24 * HOUR_MS, Month: 31 * 24 * HOUR_MS };

export class Track {
  /** `chosen` is called with an instant and whether the finger is still down; `peeked` tells words and cell of one. */
  constructor(root, calls) {
    Object.assign(this, { root, ...calls, canvas: root.querySelector("canvas"), peek: document.getElementById("peek") });
    root.addEventListener("pointerdown", ({ pointerId }) => root.setPointerCapture(pointerId));
    for (const name of ["pointerdown", "pointermove", "pointerup"]) root.addEventListener(name, (event) => this.#point(event));
    for (const name of ["pointerleave", "pointercancel"]) root.addEventListener(name, () => (this.peek.hidden = true));
    new ResizeObserver(() => this.draw()).observe(root);
    this.width = root.clientWidth;
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** `places` are those of the frames that are shown and lie between `from` and `to`. */
  show(frames, places, from, to) {
    Object.assign(this, { frames, places, from, to });
    this.draw();
  }

  xOf = (moment) => ((moment - this.from) / (this.to - this.from)) * this.width;

  momentOf = (x) => this.from + Math.min(Math.max(x / this.width, 0), 1) * (this.to - this.from);

  /** Puts one of its marks at an instant. */
  mark(element, moment) {
    const x = this.xOf(moment);
    element.hidden = !(x >= -1 && x <= this.width + 1);
    element.style.setProperty("transform", `translateX(${x}px)`);
  }

  draw() {
    const { canvas, frames } = this;
    const width = (this.width = this.root.clientWidth);
    if (!width || !frames) return;
    Object.assign(canvas, { width: width * devicePixelRatio, height: HEIGHT * devicePixelRatio });
    const context = canvas.getContext("2d");
    const { color: soft, accentColor: good, borderTopColor: line } = getComputedStyle(this.root);
    context.scale(devicePixelRatio, devicePixelRatio);
    context.fillStyle = line;
    context.fillRect(0, 0, width, BAR);
    this.#drawStrip(context);
    this.#drawLane(context, good, soft);
    Object.assign(context, { strokeStyle: soft, fillStyle: soft, font: "12px system-ui, sans-serif" });
    this.#drawGaps(context);
    this.#drawLabels(context);
    this.#peek();
  }

  #drawStrip(context) {
    const step = this.width / Math.ceil(this.width / CELL_PX);
    for (let x = 0; x < this.width - 1; x += step) {
      const cell = this.cellOf(this.momentOf(x), this.momentOf(x + step));
      if (!cell) continue;
      const part = Math.min(cell.width, (cell.height * step) / STRIP);
      context.drawImage(cell.sheet, cell.x + (cell.width - part) / 2, cell.y, part, cell.height, x + 0.5, 0, step - 1, STRIP);
    }
  }

  /** How many frames there are in each pixel, and how many of them are dark. */
  #drawLane(context, good, soft) {
    const [all, dark] = [new Uint32Array(this.width + 2), new Uint32Array(this.width + 2)];
    const wide = Math.min(Math.max(1, 0.7 * this.xOf(this.from + HOUR_MS)), 24);
    for (const place of this.places) {
      const x = Math.floor(this.xOf(this.frames.times[place]));
      all[x] += 1;
      dark[x] += this.frames.isDark(place);
    }
    const most = all.reduce((one, other) => Math.max(one, other), 1);
    all.forEach((count, x) => {
      const tall = count && 4 + (LANE - 6) * (count / most);
      for (const [fillStyle, globalAlpha] of [[good, 1 - dark[x] / count], [soft, (0.55 * dark[x]) / count]]) {
        Object.assign(context, { fillStyle, globalAlpha });
        if (count) context.fillRect(x, BAR - tall, wide, tall);
      }
    });
  }

  #drawGaps(context) {
    for (const { from, to, reason } of this.frames.gaps) {
      const [begin, end] = [Math.max(0, this.xOf(from)), Math.min(this.width, Math.max(this.xOf(to), this.xOf(from) + 2))];
      if (begin >= end) continue;
      context.save();
      context.beginPath();
      context.rect(begin, 0, end - begin, BAR);
      context.clip();
      context.globalAlpha = reason === "deleted" ? 0.3 : 0.8;
      for (let x = begin - BAR; x < end; x += 7) {
        context.moveTo(x, BAR);
        context.lineTo(x + BAR, 0);
      }
      context.stroke();
      context.restore();
    }
    context.globalAlpha = 1;
  }

  /** Round instants of the viewer's clock. */
  #drawLabels(context) {
    const least = (LABEL_PX / this.width) * (this.to - this.from);
    const unit = Object.keys(STEPS).find((name) => STEPS[name].at(-1) * LENGTHS[name] >= least) ?? "Month";
    const step = STEPS[unit].find((count) => count * LENGTHS[unit] >= least) ?? 12;
    const date = dayStart(dayKey(this.from));
    if (unit === "Month") date.setDate(1);
    for (; date < this.to; date[`set${unit}`](date[`get${unit}`]() + step)) {
      const x = this.xOf(date);
      const isHour = unit === "Hours" && date.getHours() > 0;
      const words = isHour ? date.toLocaleTimeString([], { timeStyle: "short" }) : date.toLocaleDateString([], { month: "short", ...(unit === "Month" ? { year: "numeric" } : { day: "numeric" }) });
      context.fillRect(x, BAR, 1, 5);
      if (x >= 0 && x + context.measureText(words).width < this.width) context.fillText(words, x + 3, HEIGHT - 4);
    }
  }

  #point({ type, buttons, clientX, pointerType }) {
    const isUp = type === "pointerup";
    this.x = clientX - this.root.getBoundingClientRect().left;
    if (isUp || buttons & 1) this.chosen(this.momentOf(this.x), !isUp);
    this.peek.hidden = isUp && pointerType !== "mouse";
    this.#peek();
  }

  #peek() {
    const { peek, x, width } = this;
    if (peek.hidden) return;
    const { words, cell, id } = this.peeked(this.momentOf(x));
    const [canvas, text] = peek.children;
    canvas.hidden = !cell;
    if (cell) paint(canvas, cell);
    peek.dataset.painted = id ?? "";
    text.textContent = words;
    const half = peek.offsetWidth / 2;
    peek.style.setProperty("transform", `translateX(${Math.max(0, Math.min(x - half, width - 2 * half))}px)`);
  }
}
