/* What keeps retention from deleting, and what a person can do about it: the clock, its leftovers, the daily share. */

import { setText } from "../shared/dom.js";
import { request } from "../shared/server.js";
import * as texts from "../texts.js";
import { doubtsOf } from "./doubts.js";
import { page } from "./elements.js";

/** @typedef {any} Answer of the server, as docs/retention.md has it */

/** @param {Answer} clock @param {Answer} retention @param {() => void} onDone */
export function showDoubts(clock, retention, onDone) {
  const doubts = doubtsOf(clock, retention);
  page.doubts.hidden = !(doubts.right || doubts.out || doubts.now);
  for (const name of /** @type {const} */ (["right", "out", "now"])) {
    page[`${name}-row`].hidden = !doubts[name];
    setText(page[`${name}-text`], doubts[name]);
  }
  page["right-button"].onclick = () => act("POST", "api/camera/retention/clock/confirm", onDone);
  page["out-button"].onclick = () => {
    if (confirm([texts.sureToTakeOut, clock.leftovers.kept_text].filter(Boolean).join(" ")))
      act("DELETE", "api/camera/retention/clock/leftovers", onDone);
  };
  page["now-button"].onclick = () => {
    if (confirm(texts.sureToDelete(retention.held))) act("POST", "api/camera/retention", onDone);
  };
}

/** @param {string} method @param {string} path @param {() => void} onDone */
async function act(method, path, onDone) {
  setText(page["doubts-note"], "");
  try {
    await request(path, { method, timeoutMs: 120_000 });
  } catch (error) {
    setText(page["doubts-note"], /** @type {Error} */ (error).message);
  }
  onDone();
}
