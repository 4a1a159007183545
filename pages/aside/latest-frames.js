/* The latest archived frames of one camera: a few, small, each leading to its place on the timeline. */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { formatInterval } from "../shared/lengths.js";
import { address, request } from "../shared/server.js";
import { formatMoment, formatUtc } from "../shared/time.js";
import * as texts from "../texts.js";

/** @import { Device } from "../live/description.js" */
/** @import { YearAgo } from "./year-ago.js" */
/** @typedef {{ id: number, captured_at: string, thumbnail_url: string, brightness: number | null }} Frame as `api/camera/frames` tells of it */

const REFRESH_MS = 60_000;
const SHOWN = 6;
/** Below this brightness, of 255, a picture counts as dark, as on the timeline. */
const DARK = 40;

/** The section beside a large camera. */
export class LatestFrames {
  /** @type {Device | null} */
  device = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} section
   * @param {YearAgo} yearAgo shown of a camera as soon as the archive has frames of it
   */
  constructor(section, yearAgo) {
    this.yearAgo = yearAgo;
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (section.querySelector(selector));
    this.list = part("ul");
    this.note = part(".soft");
    this.link = /** @type {HTMLAnchorElement} */ (part("a"));
  }

  /** Shows the frames of a device, or rests without one. @param {Device | null} device */
  show(device) {
    const isSame = device?.key === this.device?.key;
    this.device = device;
    if (isSame) return;
    this.list.replaceChildren();
    this.yearAgo.show(null);
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), REFRESH_MS);
    const { device } = this;
    if (!device || document.hidden) return;
    this.link.href = address("archive", { camera: device.key });
    try {
      const { frames } = await request("api/camera/frames", { query: { camera: device.key, limit: SHOWN } });
      if (device.key === this.device?.key) this.#fill(this.device, frames);
    } catch {
      setText(this.note, texts.archiveNotReached);
    }
  }

  /** @param {Device} device @param {Frame[]} frames the newest first */
  #fill(device, frames) {
    const interval = formatInterval(device.capture_interval_seconds ?? 0);
    setText(this.note, frames.length ? texts.every(interval) : texts.noneYet(interval));
    if (frames.length) this.yearAgo.show(device.key);
    // Items that stay keep their loaded image and the keyboard's focus.
    const children = /** @type {HTMLElement[]} */ ([...this.list.children]);
    const shown = new Map(children.map((item) => [item.dataset.frame, item]));
    const items = frames.map((frame) => shown.get(`${frame.id}`) ?? itemOf(frame, device));
    for (const item of shown.values()) if (!items.includes(item)) item.remove();
    for (const item of items.reverse()) if (!item.isConnected) this.list.prepend(item);
  }
}

/** @param {Frame} frame @param {Device} device */
function itemOf(
  { id, captured_at: at, thumbnail_url: url, brightness },
  { key, capture_interval_seconds: interval = 0 },
) {
  // `loading` comes before `src`: after it, the image would already be on its way.
  const image = make("img", { loading: "lazy", alt: "", src: address(url) });
  // A night is no broken picture.
  const mark = make("span", { className: "badge" }, brightness !== null && brightness < DARK ? texts.night : "");
  on(image, "error", () => setText(mark, texts.notThere));
  const time = make("time", { dateTime: at, textContent: formatMoment(at, interval < 60) });
  const href = address("archive", { camera: key, at });
  return make("li", { dataset: { frame: id } }, make("a", { href, title: formatUtc(at) }, image, mark, time));
}
