/* Time-lapses: asked for with their length told beforehand, watched while they are made, played, kept or deleted. */

import { ZONE, address, areYouSure, countWords, dateWords, lengthWords, make, request, setText, sizeWords } from "./server.js";

const ESTIMATE_DELAY_MS = 400;
const BUSY_MS = 1_000;
const IDLE_MS = 30_000;
const BOUNDS = { fps: { min: 1, max: 60, value: 24 }, length_seconds: { min: 1, max: 3600, value: 30 } };
const PATH = "api/camera/timelapses";

const [form, estimate, render, list] = ["lapse", "estimate", "render", "lapses"].map((id) => document.getElementById(id));
const fields = form.elements;

export class Timelapses {
  #what = null;
  #estimating = 0;
  #asked = 0;
  #polling = 0;

  constructor() {
    form.addEventListener("submit", (event) => this.#submit(event));
    form.addEventListener("input", ({ target }) => {
      if (target === fields.pace) Object.assign(fields.amount, BOUNDS[target.value]);
      this.#estimate();
    });
  }

  /** From now on of these frames: camera, from, to, daylight, daily_at; null when there are none. */
  show(what) {
    this.#what = what;
    if (!this.#polling) this.refresh();
    this.#estimate();
  }

  async refresh() {
    clearTimeout(this.#polling);
    this.#polling = setTimeout(() => this.refresh(), IDLE_MS);
    try {
      const { timelapses, formats } = await request(PATH);
      this.#showFormats(formats);
      this.#showAll(timelapses);
      if (document.hidden || !timelapses.some(isBusy)) return;
      clearTimeout(this.#polling);
      this.#polling = setTimeout(() => this.refresh(), BUSY_MS);
    } catch (error) {
      list.replaceChildren(make("li", { textContent: error.message }));
    }
  }

  /** What the form says, as the server wants it. */
  #wish() {
    const { pace, amount, width, timestamp, format } = fields;
    return { ...this.#what, tz: ZONE, [pace.value]: Number(amount.value), width: Number(width.value) || null, timestamp: timestamp.checked, format: format.value };
  }

  #estimate() {
    clearTimeout(this.#estimating);
    render.disabled = true;
    this.#asked += 1;
    this.#estimating = setTimeout(() => this.#askEstimate(this.#asked), ESTIMATE_DELAY_MS);
  }

  async #askEstimate(asked) {
    if (!this.#what) return setText(estimate, "The track shows no pictures: choose another span.");
    if (!form.checkValidity()) return setText(estimate, "Fill in the form to see how long it gets.");
    try {
      const { frames, found, fps, length_seconds: length, width, height } = await request(`${PATH}/estimate`, { method: "POST", body: this.#wish() });
      if (asked !== this.#asked) return; // the form says something else by now
      render.disabled = false;
      setText(estimate, `${frames === found ? "" : `${frames.toLocaleString()} of `}${countWords(found, "picture")} make ${lengthWords(length)} at ${Number(fps.toFixed(2))} per second, ${width} × ${height}.`);
    } catch (error) {
      if (asked === this.#asked) setText(estimate, error.message);
    }
  }

  async #submit(event) {
    event.preventDefault();
    render.disabled = true;
    await request(PATH, { method: "POST", body: this.#wish() }).catch((error) => setText(estimate, error.message));
    await this.refresh();
    render.disabled = false;
  }

  #showFormats(formats) {
    for (const { format, why_not: whyNot } of formats) {
      const option = fields.format.querySelector(`[value=${format}]`);
      if (option) Object.assign(option, { disabled: whyNot !== null, title: whyNot ?? "" });
    }
    if (!fields.format.selectedOptions[0].disabled) return;
    fields.format.value = "webp";
    this.#estimate();
  }

  /** Items that have not changed are left in place: one may be playing, another have the keyboard's focus. */
  #showAll(timelapses) {
    const before = new Map([...list.children].map((item) => [item.dataset.is, item]));
    const items = timelapses.map((lapse) => before.get(lapse.id + lapse.state) ?? this.#item(lapse));
    if (items.length !== list.children.length || items.some((item, n) => item !== list.children[n])) list.replaceChildren(...items);
    items.forEach((item, n) => {
      setText(item.querySelector("p"), noteOf(timelapses[n]));
      for (const bar of item.querySelectorAll("progress")) bar.value = timelapses[n].progress;
    });
  }

  #item(lapse) {
    const { id, state, request: asked, file_url: url, width, height } = lapse;
    const item = make("li", { dataset: { is: id + state } }, make("strong", { textContent: titleOf(asked) }), make("p", { className: "soft" }));
    const buttons = make("div", { className: "row" });
    if (isBusy(lapse)) item.append(make("progress", { ariaLabel: "Progress" }));
    if (url) {
      const source = { src: address(url), width, height };
      item.append(asked.format === "webp" ? make("img", { ...source, alt: titleOf(asked) }) : make("video", { ...source, controls: true, loop: true, preload: "metadata", playsInline: true }));
      buttons.append(make("a", { className: "button", href: address(url), download: `${id}.${{ webm: "webm", webp: "webp" }[asked.format] ?? "mp4"}`, textContent: "Download" }));
    }
    const remove = make("button", { className: "button", textContent: isBusy(lapse) ? "Cancel" : "Delete" });
    remove.addEventListener("click", () => this.#remove(lapse));
    buttons.append(remove);
    item.append(buttons);
    return item;
  }

  async #remove(lapse) {
    if (!isBusy(lapse) && !(await areYouSure(`Delete the time-lapse “${titleOf(lapse.request)}”?`))) return;
    await request(`${PATH}/${lapse.id}`, { method: "DELETE" }).catch((error) => setText(estimate, error.message));
    await this.refresh();
  }
}

const isBusy = ({ state }) => state === "queued" || state === "rendering";

function noteOf({ state, frames, done, skipped, length_seconds: length, width, height, bytes, expires_at: until, error }) {
  const damaged = skipped ? `, ${countWords(skipped, "damaged picture")} left out` : "";
  if (state === "queued") return `Waits its turn: ${lengthWords(length)}.`;
  if (state === "rendering") return `${done.toLocaleString()} of ${countWords(frames, "picture")}${damaged}.`;
  if (state === "failed") return `Failed: ${error}.`;
  return `${lengthWords(length)}, ${width} × ${height}, ${sizeWords(bytes)}${damaged}.${until ? ` Kept until ${dateWords(until)}.` : ""}`;
}

function titleOf({ camera, from, to, daily_at: dailyAt }) {
  const [first, last] = [dateWords(from), dateWords(new Date(to) - 1)];
  return `${camera}, ${first === last ? first : `${first} – ${last}`}${dailyAt ? `, daily at ${dailyAt.slice(0, 5)}` : ""}`;
}
