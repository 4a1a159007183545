/* Adding a camera: an address, a try that shows its picture, a name. Then it is live, and the page leads there. */

import { FieldError, whenSent } from "../forms/forms.js";
import { setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { address } from "../shared/server.js";
import * as texts from "../texts.js";
import { ask } from "./asking.js";
import { page } from "./elements.js";
import { offerRecording, withdrawRecording } from "./recording.js";
import { lookAtCameras, lookAtDevices, state } from "./state.js";
import { showTried } from "./tried.js";

const LIVE_MS = 10_000;
const LOOK_MS = 250;

/** @param {string | null} name @returns {HTMLInputElement | null} */
const field = (name) => (name ? page.try.querySelector(`[name="${name}"]:not([type="hidden"])`) : null);
const small = /** @type {HTMLInputElement} */ (page.try.elements.namedItem("rtsp_url_small"));
const trying = /** @type {HTMLElement} */ (page.try.querySelector("[role=status]"));
const keeping = /** @type {HTMLElement} */ (page.keep.querySelector("[role=status]"));

/** Of the last try. @type {any} */
let tried = null;
/** A camera that ingest did not answer about, and the keys of those before it. @type {{ url: string, keys: string[] } | null} */
let unanswered = null;

/** What was typed; what is empty is left out. @param {FormData} fields */
const settingsOf = (fields) => Object.fromEntries([...fields].filter(([, value]) => value !== ""));

/** Opens the form. @param {Record<string, string>} [settings] what is known of the camera */
export function openAdding(settings = {}) {
  page.adding.hidden = false;
  page.add.hidden = true;
  for (const [name, value] of Object.entries(settings)) {
    /** @type {HTMLInputElement} */ (page.try.elements.namedItem(name)).value = value;
  }
  forgetTry();
  const empty = ["rtsp_url", "rtsp_username"].map(field).find((input) => !input?.value);
  (empty ?? field("rtsp_password"))?.focus();
}

function close() {
  page.try.reset();
  small.value = "";
  page.keep.reset();
  forgetTry();
  page.adding.hidden = true;
  page.add.hidden = false;
}

function forgetTry() {
  tried = null;
  page.tried.replaceChildren();
  page.keep.hidden = true;
  withdrawRecording();
}

/** @param {FormData} fields */
async function tryIt(fields) {
  forgetTry();
  setText(trying, texts.trying);
  const settings = settingsOf(fields);
  tried = await ask("/test", "POST", { settings }).catch((error) => {
    throw new FieldError(error.message, field(error.field));
  });
  const wrong = tried.works ? null : field(tried.field);
  showTried(page.tried, tried, !wrong);
  page.keep.hidden = false;
  setText(page.save, tried.works ? texts.saveCamera : texts.saveAnyway);
  page.save.classList.toggle("main", tried.works);
  if (wrong) throw new FieldError(tried.reason, wrong);
  if (tried.is_unclear) offerRecording(page.tried, () => ({ settings }));
  if (!tried.works) return "";
  /** @type {HTMLElement} */ (page.keep.elements.namedItem("name")).focus();
  return texts.itWorks;
}

/** @param {FormData} fields */
async function keepIt(fields) {
  const settings = { ...settingsOf(new FormData(page.try)), ...settingsOf(fields) };
  setText(keeping, texts.saving);
  const key = (await keptLate(settings)) ?? (await send(settings));
  unanswered = null;
  const works = tried.works;
  setText(keeping, texts.waitsForPicture);
  if (!works || !(await isLive(key))) location.hash = key;
  else location.assign(address(".", { camera: key }));
  close();
  await lookAtCameras().catch(() => {});
  return "";
}

/**
 * The key of the new camera.
 * @param {Record<string, any>} settings
 * @returns {Promise<string>}
 */
async function send(settings) {
  const url = settings.rtsp_url;
  const keys = (state.answer?.cameras ?? []).map(({ key }) => key);
  try {
    return (await ask("", "POST", { version: state.answer?.version, settings })).key;
  } catch (error) {
    const { message, why, field: name } = /** @type {any} */ (error);
    if (!why && unanswered?.url !== url) unanswered = { url, keys };
    if (why === "changed") await lookAtCameras();
    const input = /** @type {HTMLInputElement | null} */ (page.keep.elements.namedItem(name ?? "device_key"));
    throw new FieldError(message, field(name) ?? input);
  }
}

/**
 * Ingest does late what it was slow to answer. The key of that camera, so that it is not added twice.
 * @param {Record<string, any>} settings
 */
async function keptLate({ rtsp_url: url, name }) {
  if (unanswered?.url !== url) return null;
  await lookAtCameras();
  const isNew = (/** @type {string} */ key) => !unanswered?.keys.includes(key);
  return state.answer?.cameras.find(({ key, settings }) => isNew(key) && settings.name === name)?.key;
}

/** Waits for the camera's first picture; whether it came. @param {string} key */
async function isLive(key) {
  for (const until = Date.now() + LIVE_MS; Date.now() < until; ) {
    await lookAtDevices().catch(() => {});
    if (["live", "idle"].includes(state.devices.get(key)?.state)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

whenSent(page.try, tryIt);
whenSent(page.keep, keepIt);
on(page.try, "input", ({ target }) => {
  if (target === field("rtsp_url")) small.value = ""; // it was of another camera
  forgetTry();
  setText(trying, "");
});
on(page.add, "click", () => openAdding());
on(page.cancel, "click", () => {
  close();
  page.add.focus();
});
