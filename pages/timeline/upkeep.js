/* What can be done with a camera's archive as a whole: its pictures get another key, or go. */

import { setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { formatSize } from "../shared/quantities.js";
import { request } from "../shared/server.js";
import { formatInstant } from "../shared/time.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";

/** @import { Archived } from "./cameras.js" */

const PATH = "api/camera/frames/cameras";
const LOOK_MS = 1_000;
const { renaming, forgetting } = page;
const newKey = /** @type {HTMLInputElement} */ (renaming.elements.namedItem("to"));
const typedKey = /** @type {HTMLInputElement} */ (forgetting.elements.namedItem("confirm"));
let shownKey = "";

/** Shows what the archive has of a camera. @param {Archived | undefined} camera */
export function showArchived(camera) {
  page.whole.hidden = !camera;
  if (!camera) return;
  shownKey = camera.camera;
  const { first_at: first, last_at: last, frames, bytes, configured } = camera;
  const span = first && last ? texts.fromTo(formatInstant(first), formatInstant(last)) : "";
  const amount = texts.archivedAmount(texts.pictures(frames), formatSize(bytes), span);
  setText(page["whole-note"], configured ? amount : `${amount} ${texts.isNotConfigured}`);
  setText(page["whole-key"], shownKey);
}

/**
 * Asks for a change, says what came of it, and leads on when it is done.
 * @param {HTMLFormElement} form
 * @param {string} path
 * @param {Parameters<typeof request>[1]} options
 * @param {string} next the query of the page then
 */
async function change(form, path, options, next) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  setText(page["whole-words"], texts.isChanging);
  try {
    const { detail, is_complete: isComplete } = await request(path, options);
    setText(page["whole-words"], detail);
    if (isComplete || (await isDone())) location.assign(next);
  } catch (error) {
    setText(page["whole-words"], /** @type {Error} */ (error).message);
  }
  button.disabled = false;
}

/** Waits for a change that goes on; whether the camera is gone then. */
async function isDone() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { cameras } = await request(PATH);
    const found = /** @type {Archived[]} */ (cameras).find(({ camera }) => camera === shownKey);
    if (!found?.is_changing) return !found;
  }
}

on(renaming, "submit", (event) => {
  event.preventDefault();
  const to = newKey.value;
  change(renaming, `${PATH}/${shownKey}/rename`, { method: "POST", body: { to } }, `?camera=${to}`);
});
on(forgetting, "submit", (event) => {
  event.preventDefault();
  change(forgetting, `${PATH}/${shownKey}`, { method: "DELETE", query: { confirm: typedKey.value } }, "?");
});
