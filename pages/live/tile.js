/* A camera's place on the live page: its feed, its name, its state in words. */

import { setText } from "../shared/dom.js";
import { formatUtc } from "../shared/time.js";
import * as texts from "../texts.js";
import { describe, factsLine, isSending } from "./description.js";

/** @import { CameraFeed } from "../camera-feed/camera-feed.js" */
/** @import { Device, Description } from "./description.js" */

/** One camera, side by side with others or large. */
export class Tile {
  /** Null of the first tile, until it is known which camera is the default one. @type {string | null} */
  key = null;
  name = texts.camera;
  ratio = 16 / 9;
  /** Answers in a row that did not name it. */
  missed = 0;
  /** @type {Description} */
  words = { state: "", title: "", detail: "" };
  factWords = "";
  factTitle = "";
  /** @type {Device | undefined} */
  device;

  /**
   * @param {HTMLElement} item
   * @param {Device} [device] none for the page's own tile: it shows the default camera before that one's key is known
   */
  constructor(item, device) {
    this.item = item;
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (item.querySelector(selector));
    this.feed = /** @type {CameraFeed} */ (part("camera-feed"));
    this.link = /** @type {HTMLAnchorElement} */ (part("a"));
    this.badge = part(".badge");
    this.word = part(".word");
    this.facts = part(".facts");
    this.over = part(".over");
    this.isLead = !device;
    if (device) this.take(device);
  }

  /** @param {Device} device what the server says now */
  take(device) {
    const { key, width, height } = device;
    const name = device.name ?? key;
    this.device = device;
    this.key = key;
    this.name = name;
    this.missed = 0;
    setText(this.link, name);
    this.link.href = `?camera=${key}`;
    this.item.dataset.camera = key;
    this.feed.setAttribute("alt", name);
    if (!this.isLead || !device.is_default) this.feed.setAttribute("camera", key);
    this.badge.hidden = device.source !== "demo";
    if (!width || !height) return;
    this.ratio = width / height;
    this.item.style.setProperty("--ratio", `${this.ratio}`);
  }

  /**
   * Many tiles on a small screen are to come over a mobile network: each asks for few and small pictures.
   * @param {number} fps at most, 0 for all that fit
   */
  spare(fps) {
    const { clientWidth } = this.feed;
    const width = fps
      ? this.device?.widths?.toSorted((one, other) => one - other).find((one) => one >= clientWidth)
      : 0;
    for (const [name, value] of Object.entries({ fps, quality: width })) {
      if (!value) this.feed.removeAttribute(name);
      else if (this.feed.getAttribute(name) !== `${value}`) this.feed.setAttribute(name, `${value}`);
    }
  }

  /** @param {boolean} isReachable whether the server answers */
  update(isReachable) {
    const { feed, device } = this;
    this.words = describe(feed, device, isReachable);
    const { state, title, detail, since } = this.words;
    this.item.dataset.state = state;
    // The server's stand-in says the same in its picture, too small in a tile: there it is blurred.
    this.item.toggleAttribute("data-veiled", Boolean(device?.state) && !isSending(device));
    setText(this.word, title);
    setText(this.over, detail);
    this.factWords = factsLine(feed, device, since);
    this.factTitle = feed.capturedAt ? texts.capturedAt(formatUtc(feed.capturedAt)) : "";
    setText(this.facts, this.factWords);
    this.facts.title = this.factTitle;
  }
}
