/* What a feed is to show, by its attributes: which camera of which server, by which transports, how large, how often. */

import { demandOf, fittingWidth, isSame } from "./demand.js";
import { stillness } from "./page-events.js";
import { Server } from "./server.js";
import { transportsFor } from "./transports.js";

/** @import { CameraFeed } from "./element.js" */
/** @import { View } from "./view.js" */
/** @typedef {ReturnType<typeof createSource>} Source */

/** Where the element's file came from: the server, unless `src` names another. */
const HOME = new URL(".", import.meta.url).href;
/** How long to wait for the list of cameras before playing without it. */
const DEVICES_MS = 1_000;

/**
 * The source of one element.
 * @param {CameraFeed} feed
 * @param {View} view for its size
 */
export function createSource(feed, view) {
  /** The attributes that, when changed, begin everything anew. @type {string[]} */
  let known = [];
  const attribute = (/** @type {string} */ name) => feed.getAttribute(name) ?? "";

  const source = {
    server: Server.at(HOME, ""),
    /** The camera's key; empty where the default one can't be asked for. */
    camera: "",

    /** Reads the attributes anew. @returns {boolean} whether something else is to be shown */
    reread() {
      const base = new URL(attribute("src") || HOME, document.baseURI).href.replace(/[^/]*$/, "");
      const wanted = [base, ...["link", "camera", "mode"].map(attribute)];
      if (isSame(wanted, known)) return false;
      known = wanted;
      source.server = Server.at(base, attribute("link"));
      source.camera = "";
      return true;
    },

    transportsNow: () =>
      globalThis.IS_BARRED
        ? transportsFor(attribute("mode"), source.camera, attribute("link"))
        : transportsFor(attribute("mode"), source.camera),

    /** Of the widths offered the first as wide as the element, or a little less. */
    async demandNow() {
      /** @type {Promise<[]>} */
      const slow = new Promise((resolve) => setTimeout(resolve, DEVICES_MS, []));
      const devices = await Promise.race([source.server.devices(), slow]);
      const key = attribute("camera");
      const device = devices.find((each) => (key ? each.key === key : each.is_default));
      source.camera = key || (device?.key ?? "");
      const fps = Number(attribute("fps")) || (stillness.matches ? 1 : undefined);
      const { width, height } = device?.width ? device : view.canvas;
      return demandOf(attribute("quality"), fps, () => fittingWidth(device, view.neededWidth(width / height)));
    },
  };
  return source;
}
