/* What the page says of the camera that is large, or of all of them. */

import { setText } from "../shared/dom.js";
import { address } from "../shared/server.js";
import { fileTime } from "../shared/time.js";
import * as texts from "../texts.js";
import { isSending } from "./description.js";
import { page } from "./elements.js";

/** @import { Subject } from "./description.js" */
/** @import { Tile } from "./tile.js" */

/** @param {Subject} subject */
export function showSubject({ words, name, factWords = "", factTitle = "", device }) {
  page.bar.dataset.state = words.state;
  setText(page.name, name);
  page.name.title = name;
  setText(page.title, words.title);
  setText(page.facts, factWords);
  page.facts.title = factTitle;
  const isDemo = device?.source === "demo";
  page.demo.hidden = !isDemo;
  page.hint.hidden = !isDemo;
  const notes = [...(device?.notices ?? [])];
  if (isSending(device) && device?.last_error) notes.push(texts.lastError(device.last_error));
  setText(page.notes, notes.join("\n"));
  document.title = texts.windowTitle(words.state === "live" || words.state === "idle" ? "" : words.title, name);
}

/** @param {Tile} tile @param {boolean} isReachable */
export function showSnapshot({ key, device }, isReachable) {
  // A download that can only fail isn't offered.
  page.snapshot.inert = !isReachable || !isSending(device);
  page.snapshot.href = address("api/camera/snapshot", { camera: key });
  page.snapshot.download = `${key}_${fileTime(Date.now()).replace("T", "-")}.jpg`;
  page.info.setAttribute("aria-expanded", `${!page.details.hidden}`);
}
