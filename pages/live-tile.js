/* A camera's place on the live page: its feed, its name, its state in words; and how large the places can be. */

import { setText } from "./server.js";
import { describe, factWords, utcWords } from "./live-words.js";

const LEAST_WIDTH = 230;
const GAP = 12;

export class Tile {
  key = null; // of the first tile, until it is known which camera is the default
  name = "Camera";
  ratio = 16 / 9;
  missed = 0; // answers in a row that did not name it
  words = {};

  constructor(item, device) {
    this.item = item;
    this.feed = item.querySelector("camera-feed");
    [this.link, this.badge, this.word, this.facts] = ["a", ".badge", ".word", ".facts"].map((part) => item.querySelector(part));
    // The page's own tile shows the default camera without being told which that is.
    this.isLead = !device;
    if (device) this.take(device);
  }

  take(device) {
    const { key, name, width, height } = device;
    Object.assign(this, { device, key, name: name ?? key, missed: 0 });
    setText(this.link, this.name);
    this.link.href = `?camera=${key}`;
    this.item.dataset.camera = key;
    this.feed.setAttribute("alt", this.name);
    if (!this.isLead || !device.is_default) this.feed.setAttribute("camera", key);
    this.badge.hidden = device.source !== "demo";
    if (!width || !height) return;
    this.ratio = width / height;
    this.item.style.setProperty("--ratio", this.ratio);
  }

  update(isReachable) {
    const { feed, device } = this;
    this.words = describe(feed, device, isReachable);
    const { state, title, detail } = this.words;
    this.item.dataset.state = state;
    setText(this.word, title);
    this.word.title = detail;
    this.factWords = factWords(feed, device);
    this.factTitle = feed.capturedAt ? `Captured ${utcWords(feed.capturedAt)}` : "";
    setText(this.facts, this.factWords);
    this.facts.title = this.factTitle;
  }
}

/** The height of a row at which all pictures fit below each other, as large as can be; else so wide at the least. */
export function rowHeight(ratios, width, height, captionHeight) {
  const widest = Math.max(...ratios);
  const rowsAt = (row) => {
    let [rows, left] = [1, width];
    for (const ratio of ratios) {
      if (ratio * row > left + 0.5) [rows, left] = [rows + 1, width];
      left -= ratio * row + GAP;
    }
    return rows;
  };
  const columns = Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
  const least = (width - GAP * (columns - 1)) / columns / widest;
  for (let row = Math.min(width / widest, height - captionHeight); row > least; row -= 2) {
    if (rowsAt(row) * (row + captionHeight + GAP) - GAP <= height) return row;
  }
  return least;
}
