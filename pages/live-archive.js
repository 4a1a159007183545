/* The latest archived frames of one camera: a few, small, each leading to its place on the timeline. */

import { address, make, request, setText } from "./server.js";
import { durationWords, momentWords, utcWords } from "./live-words.js";

const REFRESH_MS = 60_000;
const SHOWN = 6;

export class Archive {
  device = null;
  #timer;

  constructor(section) {
    [this.list, this.note, this.link] = ["ul", ".soft", "a"].map((part) => section.querySelector(part));
  }

  /** Shows the frames of a device, or rests without one. */
  show(device) {
    const isSame = device?.key === this.device?.key;
    this.device = device;
    if (isSame) return;
    this.list.replaceChildren();
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
      if (device.key === this.device?.key) this.#fill(frames);
    } catch {
      setText(this.note, "The archive can't be reached.");
    }
  }

  #fill(frames) {
    const every = durationWords(this.device.capture_interval_seconds);
    setText(this.note, frames.length ? `One every ${every}` : `None yet. One is kept every ${every}.`);
    // Items that stay keep their loaded image and the keyboard's focus.
    const shown = new Map([...this.list.children].map((item) => [item.dataset.frame, item]));
    const items = frames.map((frame) => shown.get(`${frame.id}`) ?? this.#item(frame));
    for (const item of shown.values()) if (!items.includes(item)) item.remove();
    items.reverse().forEach((item) => item.isConnected || this.list.prepend(item));
  }

  #item({ id, captured_at: at, thumbnail_url: url }) {
    const { key, capture_interval_seconds: interval } = this.device;
    // `loading` comes before `src`: after it, the image would already be on its way.
    const image = make("img", { loading: "lazy", alt: "", src: address(url) });
    const time = make("time", { dateTime: at, textContent: momentWords(at, interval < 60) });
    const href = address("archive", { camera: key, at });
    return make("li", { dataset: { frame: id } }, make("a", { href, title: utcWords(at) }, image, time));
  }
}
