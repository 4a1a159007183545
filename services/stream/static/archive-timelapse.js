/* Time-lapses: asked for with their length told beforehand, watched while they are made, played, kept or deleted. */

import { ZONE, address, areYouSure, countWords, dateWords, lengthWords, make, range, request, setText, sizeWords } from "./server.js";

const ESTIMATE_DELAY_MS = 300;
const BUSY_MS = 1_000;
const IDLE_MS = 30_000;
const BOUNDS = { fps: { min: 1, max: 60, value: 24, label: "Frames per second" }, length_seconds: { min: 1, max: 3600, value: 30, label: "Seconds" } };
const PATH = "api/camera/timelapses";

const form = document.getElementById("lapse");
const fields = form.elements;
const estimate = document.getElementById("estimate");
const button = document.getElementById("render");
const list = document.getElementById("lapses");

export class Timelapses {
  #camera = null;
  #estimating = null;
  #asked = 0;
  #chosen = false;
  #polling = null;
  #open = new Set(); // whose players are shown, so that a poll does not stop them

  constructor() {
    form.addEventListener("input", ({ target }) => this.#changed(target));
    form.addEventListener("submit", (event) => this.#submit(event));
  }

  /** From now on of this camera; the range is a proposal, and what the viewer has chosen stays. */
  show(camera, from, to) {
    this.#camera = camera;
    if (!this.#chosen) [fields.from.value, fields.to.value] = [from, to];
    this.#estimate();
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.#polling);
    let busy = false;
    try {
      const { timelapses, formats } = await request(PATH);
      busy = timelapses.some(({ state }) => state === "queued" || state === "rendering");
      this.#showFormats(formats);
      this.#showAll(timelapses);
    } catch (error) {
      list.replaceChildren(make("li", { textContent: error.message, className: "soft" }));
    }
    this.#polling = setTimeout(() => this.refresh(), busy && !document.hidden ? BUSY_MS : IDLE_MS);
  }

  #changed(target) {
    this.#chosen ||= target === fields.from || target === fields.to;
    if (target === fields.pace) {
      const { label, ...bounds } = BOUNDS[fields.pace.value];
      Object.assign(fields.amount, bounds);
      document.getElementById("pace-label").textContent = label;
    }
    fields.daily_at.disabled = !fields.daily.checked;
    this.#estimate();
  }

  /** What the form says, as the server wants it. */
  #wish() {
    return {
      camera: this.#camera,
      ...range(fields.from.value, fields.to.value),
      tz: ZONE,
      daylight: fields.daylight.checked,
      daily_at: fields.daily.checked ? fields.daily_at.value : null,
      [fields.pace.value]: Number(fields.amount.value),
      width: Number(fields.width.value) || null,
      timestamp: fields.timestamp.checked,
      format: fields.format.value,
    };
  }

  #estimate() {
    clearTimeout(this.#estimating);
    this.#estimating = setTimeout(() => this.#askEstimate(), ESTIMATE_DELAY_MS);
  }

  async #askEstimate() {
    const asked = ++this.#asked;
    button.disabled = true;
    if (!this.#camera || !form.checkValidity()) return this.#say("Fill in all of the form to see how long it gets.");
    try {
      const { frames, found, fps, length_seconds: length, width, height } = await request(`${PATH}/estimate`, { method: "POST", body: this.#wish() });
      if (asked !== this.#asked) return; // the form says something else by now
      const of = found === frames ? "" : ` of ${found.toLocaleString()}`;
      button.disabled = false;
      this.#say(`${frames.toLocaleString()}${of} ${frames === 1 ? "picture" : "pictures"} make ${lengthWords(length)} at ${Number(fps.toFixed(2))} frames per second, ${width} × ${height}.`);
    } catch (error) {
      if (asked === this.#asked) this.#say(error.message, true);
    }
  }

  #say(text, bad = false) {
    estimate.toggleAttribute("data-bad", bad);
    setText(estimate, text);
  }

  async #submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      await request(PATH, { method: "POST", body: this.#wish() });
      await this.refresh();
      button.disabled = false;
    } catch (error) {
      this.#say(error.message, true);
    }
  }

  #showFormats(formats) {
    for (const { format, why_not: whyNot } of formats) {
      const option = [...fields.format.options].find(({ value }) => value === format);
      if (option) Object.assign(option, { disabled: whyNot !== null, title: whyNot ?? "" });
    }
    if (fields.format.selectedOptions[0]?.disabled) {
      fields.format.value = [...fields.format.options].find(({ disabled }) => !disabled)?.value ?? "webm";
      this.#estimate();
    }
  }

  /** Items that have not changed are left in place: one may be playing, another have the keyboard's focus. */
  #showAll(timelapses) {
    const left = new Map([...list.children].map((item) => [item.dataset.id, item]));
    timelapses.forEach((lapse, index) => {
      const before = left.get(lapse.id);
      const item = before && update(before, lapse) ? before : this.#item(lapse);
      if (before && before !== item) before.replaceWith(item);
      left.delete(lapse.id);
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
    left.forEach((item) => item.remove());
  }

  #item(lapse) {
    const { id, state, request: asked, file_url: url } = lapse;
    const item = make("li", { dataset: { id, state } });
    item.append(make("p", {}, make("strong", { textContent: titleOf(asked) }), " ", make("span", { className: "soft note-of" })));
    const buttons = make("div", { className: "buttons" });
    if (state === "rendering" || state === "queued") item.append(make("progress", { max: 1, ariaLabel: "Progress" }));
    if (url) {
      const play = make("button", { type: "button", className: "button", textContent: "Play" });
      play.addEventListener("click", () => this.#play(item, lapse, play));
      buttons.append(play, make("a", { className: "button", href: address(url), download: url.split("/").at(-2) + suffixOf(asked.format), textContent: "Download" }));
      if (this.#open.has(id)) this.#play(item, lapse, play);
    }
    const remove = make("button", { type: "button", className: "button", textContent: url || state === "failed" ? "Delete" : "Cancel" });
    remove.addEventListener("click", () => this.#remove(lapse));
    buttons.append(remove);
    item.append(buttons);
    update(item, lapse);
    return item;
  }

  #play(item, { id, file_url: url, request: asked, width, height }, play) {
    this.#open.add(id);
    play.remove();
    const source = { src: address(url), width, height };
    const player =
      asked.format === "webp"
        ? make("img", { ...source, alt: titleOf(asked) })
        : make("video", { ...source, controls: true, autoplay: true, loop: true, muted: true, playsInline: true });
    player.addEventListener("error", () => setText(item.querySelector(".note-of"), "This browser can't play it: download it, or make it in another format."));
    item.querySelector("p").after(player);
  }

  async #remove({ id, request: asked, file_url: url }) {
    if (url && !(await areYouSure(`Delete the time-lapse “${titleOf(asked)}”?`))) return;
    try {
      await request(`${PATH}/${id}`, { method: "DELETE" });
    } catch (error) {
      this.#say(error.message, true);
    }
    await this.refresh();
  }
}

/** Whether the item could be brought up to date as it is. */
function update(item, lapse) {
  if (item.dataset.state !== lapse.state) return false;
  setText(item.querySelector(".note-of"), noteOf(lapse));
  const bar = item.querySelector("progress");
  if (bar) bar.value = lapse.progress;
  return true;
}

function noteOf({ state, frames, done, skipped, length_seconds: length, width, height, bytes, expires_at: expiresAt, error }) {
  const damaged = skipped ? `, ${countWords(skipped, "damaged picture")} left out` : "";
  if (state === "queued") return `Waits its turn: ${lengthWords(length)}.`;
  if (state === "rendering") return `${done.toLocaleString()} of ${countWords(frames, "picture")}${damaged}.`;
  if (state === "failed") return `Failed: ${error}.`;
  const until = expiresAt ? ` Kept until ${dateWords(expiresAt)}.` : "";
  return `${lengthWords(length)}, ${width} × ${height}, ${sizeWords(bytes)}${damaged}.${until}`;
}

function titleOf({ camera, from, to, daily_at: dailyAt }) {
  const [first, last] = [dateWords(from), dateWords(new Date(to) - 1)];
  const days = first === last ? first : `${first} – ${last}`;
  return `${camera}, ${days}${dailyAt ? `, daily at ${dailyAt.slice(0, 5)}` : ""}`;
}

const suffixOf = (format) => ({ webm: ".webm", webp: ".webp" })[format] ?? ".mp4";
