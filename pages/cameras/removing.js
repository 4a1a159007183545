/* Taking a camera out: what becomes of its pictures is asked first, and they are deleted only afterwards. */

import { setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { formatSize } from "../shared/quantities.js";
import { request } from "../shared/server.js";
import * as texts from "../texts.js";
import { ask } from "./asking.js";
import { page } from "./elements.js";
import { nameOf, state } from "./state.js";

const ARCHIVE = "api/camera/frames/cameras";
const LOOK_MS = 500;
/** How long the archive may take to hear that the camera is gone. */
const HEARD_MS = 20_000;

/** What the archive has of a camera; null where there is no archive, or none of it. @param {string} key */
async function archived(key) {
  const { cameras } = await request(ARCHIVE).catch(() => ({ cameras: [] }));
  return cameras.find((/** @type {{ camera: string }} */ { camera }) => camera === key) ?? null;
}

/** @param {string} key @returns {Promise<"keep" | "delete" | "">} empty where it is to stay */
async function question(key) {
  const kept = await archived(key);
  const choices = /** @type {NodeListOf<HTMLInputElement>} */ (page.removing.querySelectorAll("[name=archive]"));
  choices[0].checked = true;
  const amount = kept && texts.picturesOf(texts.pictures(kept.frames), formatSize(kept.bytes));
  setText(page["removing-text"], texts.sureToRemove(nameOf(key), amount || texts.archiveIsAway));
  for (const choice of choices) /** @type {HTMLElement} */ (choice.closest("label")).hidden = !kept?.frames;
  page.removing.returnValue = "";
  page.removing.showModal();
  await new Promise((resolve) => on(page.removing, "close", resolve, { once: true }));
  if (page.removing.returnValue !== "yes") return "";
  return choices[1].checked ? "delete" : "keep";
}

/**
 * @param {string} key
 * @param {(words: string) => void} say what goes on
 * @param {() => Promise<void>} look
 * @returns {Promise<string>} what was done; empty where nothing was
 */
export async function removeCamera(key, say, look) {
  const answer = await question(key);
  if (!answer) return "";
  const name = nameOf(key);
  say(texts.saving);
  await ask(`/${key}/remove`, "POST", { version: state.answer?.version, archive: "keep" });
  await look();
  if (answer === "keep") return texts.isRemoved(name);
  say(texts.isDeleting(name));
  await until(async () => !(await archived(key))?.configured);
  await request(`${ARCHIVE}/${key}`, { method: "DELETE", query: { confirm: key } });
  await until(async () => !(await archived(key))?.is_changing);
  return (await archived(key))?.frames ? texts.isDeleting(name) : texts.picturesAreDeleted(name);
}

/** @param {() => Promise<boolean>} isSo */
async function until(isSo) {
  for (const end = Date.now() + HEARD_MS; Date.now() < end && !(await isSo()); ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
