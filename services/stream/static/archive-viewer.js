/* One archived picture in full, with its neighbours a key, a tap or a swipe away. */

import { address, areYouSure, dateWords, request, setText, sizeWords, timeWords } from "./server.js";

const SWIPE_PX = 50;
const part = (id) => document.getElementById(id);

export class Viewer {
  #frames = [];
  #index = -1;
  #opener = null;
  #touchX = null;

  /** `deleted` is called with a frame that is gone; `more` loads further frames and resolves to all, or to null. */
  constructor({ deleted, more }) {
    Object.assign(this, { deleted, more, dialog: part("viewer"), image: part("full") });
    part("previous").addEventListener("click", () => this.step(-1));
    part("next").addEventListener("click", () => this.step(1));
    part("close").addEventListener("click", () => this.dialog.close());
    part("delete").addEventListener("click", () => this.#delete());
    this.dialog.addEventListener("close", () => this.#closed());
    this.dialog.addEventListener("keydown", (event) => this.#onKey(event));
    this.image.addEventListener("error", () => this.#index >= 0 && setText(part("full-note"), "This picture can't be shown: its file is gone or damaged."));
    this.dialog.addEventListener("touchstart", ({ touches }) => (this.#touchX = touches.length === 1 ? touches[0].clientX : null), { passive: true });
    this.dialog.addEventListener("touchend", ({ changedTouches }) => this.#onSwipe(changedTouches[0].clientX), { passive: true });
  }

  /** Shows `frames[index]`; the others are its neighbours. */
  open(frames, index) {
    this.#opener = document.activeElement;
    this.#frames = frames;
    this.#show(index);
    if (!this.dialog.open) this.dialog.showModal();
    part("next").focus();
  }

  async step(by) {
    let index = this.#index + by;
    if (index >= this.#frames.length) {
      const all = await this.more();
      if (!all || !this.dialog.open) return;
      this.#frames = all;
      index = Math.min(index, all.length - 1);
    }
    if (index >= 0 && index < this.#frames.length) this.#show(index);
  }

  #show(index) {
    this.#index = index;
    const frame = this.#frames[index];
    const { captured_at: at, width, height, bytes, kind } = frame;
    const when = `${dateWords(at)}, ${timeWords(at, true)}`;
    this.image.src = address(frame.image_url);
    this.image.alt = `Archived picture of ${when}`;
    setText(part("full-time"), when);
    setText(part("full-note"), [`${width} × ${height}`, sizeWords(bytes), kind === "manual" && "by hand"].filter(Boolean).join(" · "));
    part("previous").disabled = index === 0;
    const { href } = new URL(address(frame.image_url));
    Object.assign(part("download"), { href, download: `${frame.camera}_${at.slice(0, 19).replace(/\W/g, "-")}Z.webp` });
    this.#fetchAhead(index + 1);
  }

  #fetchAhead(index) {
    if (this.#frames[index]) new Image().src = address(this.#frames[index].image_url);
  }

  async #delete() {
    const frame = this.#frames[this.#index];
    if (!(await areYouSure(`Delete the picture of ${dateWords(frame.captured_at)}, ${timeWords(frame.captured_at, true)}?`))) return;
    try {
      await request(`api/camera/frames/${frame.id}`, { method: "DELETE" });
    } catch (error) {
      setText(part("full-note"), error.message);
      return;
    }
    this.#frames = this.#frames.filter(({ id }) => id !== frame.id);
    this.deleted(frame);
    if (this.#frames.length) this.#show(Math.min(this.#index, this.#frames.length - 1));
    else this.dialog.close();
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      Home: () => this.#show(0),
      End: () => this.#show(this.#frames.length - 1),
      Delete: () => this.#delete(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #onSwipe(x) {
    if (this.#touchX === null || visualViewport?.scale > 1.05) return; // zoomed in, a finger moves the picture
    const way = x - this.#touchX;
    if (Math.abs(way) > SWIPE_PX) this.step(way < 0 ? 1 : -1);
  }

  #closed() {
    const shown = this.#frames[this.#index];
    this.#index = -1;
    this.image.removeAttribute("src");
    // Back to the picture that was left, which need not be the one that was opened.
    const item = shown && document.querySelector(`#frames [data-frame="${shown.id}"] button`);
    (item ?? this.#opener)?.focus();
  }
}
