/* Time-lapses: asked for with their length told beforehand, watched while they are made, played, kept or deleted. */

import { isConfirmed } from "../forms/forms.js";
import { copyText } from "../shared/copy.js";
import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { formatSize } from "../shared/quantities.js";
import { address, request } from "../shared/server.js";
import { formatInstant, ZONE } from "../shared/time.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";
import { LINK_SECONDS } from "./sharing.js";
import { endingOf, formatPlayingTime, isBusy, lastDays, nameOf, noteOf } from "./timelapse-words.js";

/** @import { Timelapse } from "./timelapse-words.js" */

/**
 * The frames that a time-lapse is made of.
 * @typedef {{ camera: string | null, from: string, to: string, daylight: boolean, daily_at: string | null }} Frames
 */

const ESTIMATE_DELAY_MS = 400;
const BUSY_MS = 1_000;
const IDLE_MS = 30_000;
/** What may be asked for, by the unit that the form has. */
const BOUNDS = {
  length_seconds: { min: "1", max: "3600", value: "15" },
  fps: { min: "1", max: "60", value: "24" },
};
/** From this length on a film of every picture flickers between day and night. */
const MANY_DAYS_MS = 8 * 86_400_000;
const PATH = "api/camera/timelapses";
const { lapse: form, estimate, render, lapses: list } = page;

/** @type {{ of: HTMLSelectElement, each: HTMLSelectElement, pace: HTMLSelectElement, amount: HTMLInputElement,
 *   width: HTMLSelectElement, format: HTMLSelectElement, deflicker: HTMLInputElement, timestamp: HTMLInputElement }} */
const fields = /** @type {any} */ (form.elements);

/** As its camera is called in the list of cameras, or by the key where it is not in it. @param {Timelapse} lapse */
const called = (lapse) =>
  nameOf(lapse, [...page.camera.options].find(({ value }) => value === lapse.camera)?.textContent ?? undefined);

/** The form and the list of time-lapses. */
export class Timelapses {
  /** @type {Frames | null} */
  #frames = null;
  #areThere = false;
  /** Whether somebody chose which pictures of each day; else it goes by how many days there are. */
  #isChosen = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #estimating;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #polling;
  /** Counts the estimates: an answer to one before the last is of no use. */
  #asked = 0;

  constructor() {
    on(form, "submit", (event) => this.#submit(event));
    on(form, "input", ({ target }) => {
      const pace = /** @type {keyof typeof BOUNDS} */ (fields.pace.value);
      if (target === fields.pace) {
        Object.assign(fields.amount, BOUNDS[pace]);
        const label = /** @type {HTMLElement} */ (fields.amount.previousElementSibling);
        setText(label, pace === "fps" ? texts.inFps : texts.itLasts);
      }
      this.#isChosen ||= target === fields.each;
      this.#estimate();
    });
  }

  /** From now on of these frames. @param {Frames} frames of the track @param {boolean} areThere whether it has any */
  show(frames, areThere) {
    this.#frames = frames;
    this.#areThere = areThere;
    if (!this.#polling) this.refresh();
    this.#estimate();
  }

  async refresh() {
    this.#pollIn(IDLE_MS);
    try {
      const { timelapses, formats } = await request(PATH);
      this.#showFormats(formats);
      this.#showAll(timelapses);
      if (!document.hidden && timelapses.some(isBusy)) this.#pollIn(BUSY_MS);
    } catch (error) {
      list.replaceChildren(make("li", {}, /** @type {Error} */ (error).message));
    }
  }

  /** @param {number} ms */
  #pollIn(ms) {
    clearTimeout(this.#polling);
    this.#polling = setTimeout(() => this.refresh(), ms);
  }

  /** What the form says, as the server wants it. Of many days it suggests noon, unless the track shows an hour of each. */
  #order() {
    const { of, each, pace, amount, width, timestamp, deflicker, format } = fields;
    const shown = { .../** @type {Frames} */ (this.#frames), ...(of.value && lastDays(Number(of.value), Date.now())) };
    each.disabled = shown.daily_at !== null;
    const isLong = Date.parse(shown.to) - Date.parse(shown.from) >= MANY_DAYS_MS;
    if (!this.#isChosen) each.value = isLong ? "12:00" : "";
    return {
      ...shown,
      daily_at: shown.daily_at ?? (each.value || null),
      tz: ZONE,
      [pace.value]: Number(amount.value),
      width: Number(width.value) || null,
      timestamp: timestamp.checked,
      deflicker: deflicker.checked,
      format: format.value,
    };
  }

  #estimate() {
    clearTimeout(this.#estimating);
    render.disabled = true;
    this.#asked += 1;
    const asked = this.#asked;
    this.#estimating = setTimeout(() => this.#askEstimate(asked), ESTIMATE_DELAY_MS);
  }

  /** @param {number} asked */
  async #askEstimate(asked) {
    const isOfTrack = !fields.of.value;
    if (!this.#frames || (isOfTrack && !this.#areThere)) return setText(estimate, texts.noPicturesOnTrack);
    if (!form.checkValidity()) return setText(estimate, texts.formIsNotFilled);
    try {
      const answer = await request(`${PATH}/estimate`, { method: "POST", body: this.#order() });
      if (asked !== this.#asked) return; // the form says something else by now
      const { frames, found, fps, length_seconds: length, width, height, bytes } = answer;
      const size = `${width} × ${height}`;
      const rate = Number(fps.toFixed(2));
      render.disabled = false;
      setText(estimate, texts.estimate(frames, found, formatPlayingTime(length), rate, size, formatSize(bytes)));
    } catch (error) {
      if (asked === this.#asked) setText(estimate, /** @type {Error} */ (error).message);
    }
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    render.disabled = true;
    await this.#send(PATH, { method: "POST", body: this.#order() });
    render.disabled = false;
  }

  /**
   * Asks for something and shows what came of it.
   * @param {string} path
   * @param {Parameters<typeof request>[1]} options
   */
  async #send(path, options) {
    await request(path, options).catch(({ message }) => setText(estimate, message));
    await this.refresh();
  }

  /** @param {{ format: string, why_not: string | null }[]} formats */
  #showFormats(formats) {
    const options = [...fields.format.options];
    for (const { format, why_not: whyNot } of formats) {
      const option = options.find(({ value }) => value === format);
      if (option) Object.assign(option, { disabled: whyNot !== null, title: whyNot ?? "" });
    }
    if (!fields.format.selectedOptions[0].disabled) return;
    fields.format.value = "webp";
    this.#estimate();
  }

  /**
   * Items that have not changed are left in place: one may be playing, another have the keyboard's focus.
   * @param {Timelapse[]} timelapses
   */
  #showAll(timelapses) {
    const children = /** @type {HTMLElement[]} */ ([...list.children]);
    const before = new Map(children.map((item) => [item.dataset.is, item]));
    const items = timelapses.map((lapse) => before.get(lapse.id + lapse.state) ?? this.#item(lapse));
    const isOther = items.length !== children.length || items.some((item, place) => item !== children[place]);
    if (isOther) list.replaceChildren(...items);
    items.forEach((item, place) => {
      setText(/** @type {HTMLElement} */ (item.querySelector("p")), noteOf(timelapses[place]));
      for (const bar of item.querySelectorAll("progress")) bar.value = timelapses[place].progress;
    });
  }

  /** @param {Timelapse} lapse */
  #item(lapse) {
    const { id, state, file_url: url, poster_url: poster, width, height } = lapse;
    const title = called(lapse);
    const ending = endingOf(lapse);
    const item = make(
      "li",
      { dataset: { is: id + state } },
      make("strong", {}, title),
      make("p", { className: "soft" }),
    );
    const buttons = make("div", { className: "row" });
    if (isBusy(lapse)) item.append(make("progress", { ariaLabel: texts.progress }));
    if (url) {
      const source = { src: address(url), ...(width && { width, height }) };
      const film = {
        ...source,
        ...(poster && { poster: address(poster) }),
        controls: true,
        loop: true,
        preload: /** @type {const} */ ("metadata"),
        playsInline: true,
      };
      item.append(ending === "webp" ? make("img", { ...source, alt: title }) : make("video", film));
      const link = { className: "button", href: address(url), download: `${id}.${ending}` };
      const share = make("button", { className: "button" }, texts.lapseLink);
      on(share, "click", () => this.#share(id, share));
      buttons.append(make("a", link, texts.download), share);
    }
    const remove = make("button", { className: "button" }, isBusy(lapse) ? texts.cancel : texts.remove);
    on(remove, "click", () => this.#remove(lapse));
    buttons.append(remove);
    item.append(buttons);
    return item;
  }

  /** Copies a link that opens the video alone. @param {string} id @param {HTMLButtonElement} button */
  async #share(id, button) {
    const body = { timelapse: id, expires_in_seconds: LINK_SECONDS };
    try {
      const { video_url: url, expires_at: until } = await request("api/camera/links", { method: "POST", body });
      await copyText(address(url));
      setText(button, until ? texts.lapseIsCopiedUntil(formatInstant(until)) : texts.lapseIsCopied);
    } catch (error) {
      setText(button, /** @type {Error} */ (error).message);
    }
  }

  /** @param {Timelapse} lapse */
  async #remove(lapse) {
    if (isBusy(lapse) || (await isConfirmed(texts.deleteLapse(called(lapse))))) {
      await this.#send(`${PATH}/${lapse.id}`, { method: "DELETE" });
    }
  }
}
