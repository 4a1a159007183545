/* What a feed looks like: the shadow tree, the picture in it and the words over it. Decides nothing. */

import css from "./camera-feed.css";

/** @import { CameraFeed } from "./element.js" */
/** @import { Picture } from "./picture-decoder.js" */
/** @typedef {ReturnType<typeof createView>} View */

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(css);

/**
 * The shadow tree of one element.
 * @param {CameraFeed} feed
 */
export function createView(feed) {
  const root = feed.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [STYLE];
  const canvas = make("canvas", { part: "picture", role: "img", width: "640", height: "360" });
  const image = make("img", { part: "fallback", hidden: "" });
  const notice = make("p", { part: "notice", hidden: "", "aria-hidden": "true" });
  const age = make("p", { part: "age", hidden: "" });
  const spoken = make("div", { role: "status" });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  const states = CSS.supports("selector(:state(live))") ? feed.attachInternals().states : null;

  /**
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {Record<string, string>} attributes
   */
  function make(tag, attributes) {
    const element = root.appendChild(document.createElement(tag));
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return element;
  }

  return {
    /** The stream itself, where only an <img> may show it. */
    image,
    /** Its size is the picture's. */
    canvas,

    /** One camera's picture must not pass for another's. */
    clear() {
      const { width } = canvas;
      canvas.width = width; // to set it is to clear it
    },

    /**
     * How many pixels of the screen the picture can fill from side to side; a little less will do.
     * @param {number} ratio of width to height
     */
    neededWidth(ratio) {
      const { clientWidth, clientHeight } = feed;
      const fitting = getComputedStyle(canvas).objectFit === "contain" ? clientHeight * ratio : clientWidth;
      return 0.9 * devicePixelRatio * Math.min(clientWidth, fitting);
    },

    /** A picture for the moment, or the <img>. @param {Picture} picture */
    paint(picture) {
      canvas.hidden = picture === image;
      image.hidden = picture !== image;
      const isImage = picture instanceof HTMLImageElement;
      const width = isImage ? picture.naturalWidth : picture.width;
      const height = isImage ? picture.naturalHeight : picture.height;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      if (picture instanceof ImageData) pen.putImageData(picture, 0, 0);
      else if (picture !== image) pen.drawImage(picture, 0, 0);
    },

    /** The <img> gives its connection back and leaves its last picture on the canvas. */
    keepImage() {
      if (!image.hidden && image.naturalWidth) pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      image.removeAttribute("src");
      image.hidden = true;
      canvas.hidden = false;
    },

    /**
     * @param {string} label the picture's name, with what is wrong
     * @param {string} words over the picture; none where empty
     * @param {boolean} isDim whether the picture is of the past
     */
    describe(label, words, isDim) {
      for (const each of [canvas, image]) each.classList.toggle("dim", isDim);
      notice.hidden = !words;
      setText(notice, words);
      if (image.alt === label) return;
      image.alt = label;
      canvas.ariaLabel = label;
    },

    /** @param {string} text nothing is shown where empty */
    showAge(text) {
      age.hidden = !text;
      age.textContent = text;
    },

    /** For screen readers. @param {string} text */
    say(text) {
      setText(spoken, text);
    },

    /** For the page's styles: an attribute, and a custom state where there are such. @param {string} state */
    showState(state) {
      if (feed.isConnected && feed.dataset.state !== state) feed.dataset.state = state;
      if (states?.has(state)) return;
      states?.clear();
      states?.add(state);
    },
  };
}

/** Writes only changes: what is written again is read aloud again. @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
