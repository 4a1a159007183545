/* Time-lapses: asked for with their length told beforehand, watched while they are made, played, kept or deleted. */

import { ZONE, address, areYouSure, countWords, dateWords, lengthWords, make, request, setText, sizeWords } from "./server.js";

const ESTIMATE_DELAY_MS = 400;
const BUSY_MS = 1_000;
const IDLE_MS = 30_000;
const BOUNDS = { fps: { min: 1, max: 60, value: 24, label: "Frames per second" }, length_seconds: { min: 1, max: 3600, value: 30, label: "Seconds" } };
const PATH = "api/camera/timelapses";

const part = (id) => document.getElementById(id);
const [form, estimate, render, list] = ["lapse", "estimate", "render", "lapses"].map(part);
const fields = form.elements;

export class Timelapses {
  #what = null;
  #estimating = 0;
  #asked = 0;
  #polling = 0;
  #open = new Set(); // whose players are shown

  constructor() {
    form.addEventListener("input", ({ target }) => this.#changed(target));
    form.addEventListener("submit", (event) => this.#submit(event));
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
      list.replaceChildren(make("li", { textContent: error.message, className: "soft" }));
    }
  }

  #changed(target) {
    if (target === fields.pace) {
      const { label, ...bounds } = BOUNDS[fields.pace.value];
      Object.assign(fields.amount, bounds);
      setText(part("pace-label"), label);
    }
    this.#estimate();
  }

  /** What the form says, as the server wants it. */
  #wish() {
    const { pace, amount, width, timestamp, format } = fields;
    return { ...this.#what, tz: ZONE, [pace.value]: Number(amount.value), width: Number(width.value) || null, timestamp: timestamp.checked, format: format.value };
  }

  #estimate() {
    clearTimeout(this.#estimating);
    render.disabled = true;
    this.#estimating = setTimeout(() => this.#askEstimate(), ESTIMATE_DELAY_MS);
  }

  async #askEstimate() {
    const asked = ++this.#asked;
    if (!this.#what || !form.checkValidity()) return setText(estimate, this.#what ? "Fill in the form to see how long it gets." : "The track shows no pictures: choose another span.");
    try {
      const { frames, found, fps, length_seconds: length, width, height } = await request(`${PATH}/estimate`, { method: "POST", body: this.#wish() });
      if (asked !== this.#asked) return; // the form says something else by now
      render.disabled = false;
      setText(estimate, `${found === frames ? "" : `${frames.toLocaleString()} of `}${countWords(found, "picture")} ${found === 1 ? "makes" : "make"} ${lengthWords(length)} at ${Number(fps.toFixed(2))} per second, ${width} × ${height}.`);
    } catch (error) {
      if (asked === this.#asked) setText(estimate, error.message);
    }
  }

  async #submit(event) {
    event.preventDefault();
    render.disabled = true;
    try {
      await request(PATH, { method: "POST", body: this.#wish() });
      await this.refresh();
    } catch (error) {
      setText(estimate, error.message);
    }
    render.disabled = false;
  }

  #showFormats(formats) {
    for (const { format, why_not: whyNot } of formats) {
      const option = [...fields.format.options].find(({ value }) => value === format);
      if (option) Object.assign(option, { disabled: whyNot !== null, title: whyNot ?? "" });
    }
    if (!fields.format.selectedOptions[0]?.disabled) return;
    fields.format.value = "webp";
    this.#estimate();
  }

  /** Items that have not changed are left in place: one may be playing, another have the keyboard's focus. */
  #showAll(timelapses) {
    const before = new Map([...list.children].map((item) => [item.dataset.id + item.dataset.state, item]));
    const items = timelapses.map((lapse) => before.get(lapse.id + lapse.state) ?? this.#item(lapse));
    if (items.length !== list.children.length || items.some((item, n) => item !== list.children[n])) list.replaceChildren(...items);
    items.forEach((item, n) => update(item, timelapses[n]));
  }

  #item(lapse) {
    const { id, state, request: asked, file_url: url } = lapse;
    const item = make("li", { dataset: { id, state } }, make("p", {}, make("strong", { textContent: titleOf(asked) })), make("p", { className: "soft" }));
    if (isBusy(lapse)) item.append(make("progress", { max: 1, ariaLabel: "Progress" }));
    const buttons = make("div", { className: "row" });
    if (url) {
      const play = make("button", { className: "button", textContent: "Play" });
      play.addEventListener("click", () => this.#play(item, lapse, play));
      buttons.append(play, make("a", { className: "button", href: address(url), download: `${id}.${{ webm: "webm", webp: "webp" }[asked.format] ?? "mp4"}`, textContent: "Download" }));
      if (this.#open.has(id)) this.#play(item, lapse, play);
    }
    const remove = make("button", { className: "button", textContent: isBusy(lapse) ? "Cancel" : "Delete" });
    remove.addEventListener("click", () => this.#remove(lapse));
    buttons.append(remove);
    item.append(buttons);
    return item;
  }

  #play(item, { id, file_url: url, request: asked, width, height }, play) {
    this.#open.add(id);
    play.remove();
    const source = { src: address(url), width, height };
    const player = asked.format === "webp" ? make("img", { ...source, alt: titleOf(asked) }) : make("video", { ...source, controls: true, autoplay: true, loop: true, muted: true, playsInline: true });
    player.addEventListener("error", () => setText(item.children[1], "This browser can't play it: download it, or make it in another format."));
    item.firstChild.after(player);
  }

  async #remove(lapse) {
    if (!isBusy(lapse) && !(await areYouSure(`Delete the time-lapse “${titleOf(lapse.request)}”?`))) return;
    await request(`${PATH}/${lapse.id}`, { method: "DELETE" }).catch((error) => setText(estimate, error.message));
    await this.refresh();
  }
}

const isBusy = ({ state }) => state === "queued" || state === "rendering";

function update(item, lapse) {
  const bar = item.querySelector("progress");
  if (bar) bar.value = lapse.progress;
  if (!item.querySelector("video")?.error) setText(item.querySelector(".soft"), noteOf(lapse));
}

function noteOf({ state, frames, done, skipped, length_seconds: length, width, height, bytes, expires_at: expiresAt, error }) {
  const damaged = skipped ? `, ${countWords(skipped, "damaged picture")} left out` : "";
  if (state === "queued") return `Waits its turn: ${lengthWords(length)}.`;
  if (state === "rendering") return `${done.toLocaleString()} of ${countWords(frames, "picture")}${damaged}.`;
  if (state === "failed") return `Failed: ${error}.`;
  return `${lengthWords(length)}, ${width} × ${height}, ${sizeWords(bytes)}${damaged}.${expiresAt ? ` Kept until ${dateWords(expiresAt)}.` : ""}`;
}

function titleOf({ camera, from, to, daily_at: dailyAt }) {
  const [first, last] = [dateWords(from), dateWords(new Date(to) - 1)];
  return `${camera}, ${first === last ? first : `${first} – ${last}`}${dailyAt ? `, daily at ${dailyAt.slice(0, 5)}` : ""}`;
}
