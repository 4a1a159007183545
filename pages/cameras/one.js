/* One camera's settings: a field for each, its live picture, a try of what was typed, and masks drawn on the picture. */

import { FieldError, whenSent } from "../forms/forms.js";
import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { address } from "../shared/server.js";
import * as texts from "../texts.js";
import { readCrop, readMasks, writeCrop, writeMasks } from "./areas.js";
import { ask } from "./asking.js";
import { drawOn } from "./drawing.js";
import { page } from "./elements.js";
import { grouped } from "./groups.js";
import { isUnclear, offerRecording, withdrawRecording } from "./recording.js";
import { Setting } from "./setting.js";
import { cameraOf, lookAtCameras, nameOf, state } from "./state.js";
import { showTried } from "./tried.js";

const AGAIN_MS = 2_000;
/** Without these a picture is as the camera sends it. */
const PLAIN = { privacy_masks: null, crop: null, rotate: null, flip: null, overlay: null };

/** The camera that is open; empty for none. */
let key = "";
/** Of the cameras that the form was filled from. */
let version = "";
/** @type {Map<string, Setting>} */
let settings = new Map();
const words = /** @type {HTMLElement} */ (page.form.querySelector("[role=status]"));

/** Opens a camera's settings, or closes them. @param {string} wanted its key, or empty */
export function openOne(wanted) {
  const isKnown = Boolean(cameraOf(wanted));
  page.one.hidden = !isKnown;
  page.all.hidden = isKnown;
  if (!isKnown || wanted === key) {
    if (!isKnown) key = "";
    showLive();
    return;
  }
  key = wanted;
  page.drawing.hidden = true;
  page.outcome.replaceChildren();
  withdrawRecording();
  setText(words, "");
  build();
  fill(true);
  showLive();
  page.title.focus();
}

function build() {
  settings = new Map();
  const groups = grouped(state.answer?.fields ?? []).map(([group, descriptions]) => {
    const fields = descriptions.map((description) => new Setting(description));
    for (const field of fields) settings.set(field.name, field);
    /** @type {Record<string, string>} */
    const names = texts.groupNames;
    const parts = fields.map(({ element }) => element);
    if (group === "advanced") return make("details", {}, make("summary", {}, names[group]), ...parts);
    return make("fieldset", { className: "group" }, make("legend", {}, names[group]), ...parts);
  });
  page.groups.replaceChildren(...groups);
}

/** What is kept now. @param {boolean} isSaved whether nothing that was typed is to stay */
function fill(isSaved) {
  const camera = cameraOf(key);
  if (!camera || !state.answer) return;
  version = state.answer.version;
  setText(page.title, nameOf(key));
  for (const field of settings.values()) field.take(camera.settings, camera.has_password, isSaved);
  const { can_change: canChange } = state.answer;
  /** @type {HTMLFieldSetElement} */ (page.groups).disabled = !canChange;
  page["form-end"].hidden = !canChange;
}

/** What the server says now. What was typed, and the version that it was typed over, stay. */
export function takeOne() {
  if (!key) return;
  if (!cameraOf(key)) location.hash = "";
  else if (![...settings.values()].some(({ isChanged }) => isChanged)) fill(false);
  if (isUnclear(state.devices.get(key)?.last_error ?? "")) offerRecord();
}

function offerRecord() {
  offerRecording(page.outcome, () => ({ key, settings: typed() }));
}

/** The live picture while the settings are open. */
function showLive() {
  const shown = key && page.drawing.hidden ? address(`api/cameras/${key}/stream`, { width: 640 }) : "";
  page.view.hidden = !page.drawing.hidden;
  if (!shown) page.live.removeAttribute("src");
  else if (page.live.src !== shown) page.live.src = shown;
}

function changes() {
  const changed = [...settings.values()].filter(({ isChanged }) => isChanged);
  return Object.fromEntries(changed.map((field) => [field.name, field.value]));
}

/** What of the changes a try needs. */
function typed() {
  const { name, enabled, ...others } = /** @type {Record<string, unknown>} */ (changes());
  return others;
}

/** The error beside its field, which is shown. @param {any} error */
function beside(error) {
  const field = settings.get(error.field)?.input ?? null;
  const folded = field?.closest("details");
  if (folded) folded.open = true;
  return new FieldError(error.message, field);
}

async function save() {
  const changed = changes();
  if (!Object.keys(changed).length) return texts.nothingChanged;
  setText(words, texts.saving);
  try {
    await ask(`/${key}`, "PATCH", { version, settings: changed });
  } catch (error) {
    if (/** @type {any} */ (error).why === "changed") {
      await lookAtCameras();
      fill(false);
      if (!Object.keys(changes()).length) return texts.isSaved; // by ingest, which was slow to answer
    }
    throw beside(error);
  }
  await lookAtCameras();
  fill(true);
  page.drawing.hidden = true;
  page.outcome.replaceChildren();
  showLive();
  return texts.isSaved;
}

/** @param {Record<string, unknown>} others instead of what was typed */
async function attempt(others = {}) {
  words.classList.remove("error");
  setText(words, texts.trying);
  try {
    const tried = await ask("/test", "POST", { key, settings: { ...typed(), ...others } });
    setText(words, tried.works ? "" : tried.reason);
    words.classList.toggle("error", !tried.works);
    if (tried.is_unclear) offerRecord();
    return tried;
  } catch (error) {
    const { message, field } = beside(error);
    setText(words, message);
    words.classList.add("error");
    field?.focus();
    return null;
  }
}

async function test() {
  const tried = await attempt();
  if (tried) showTried(page.outcome, tried);
}

/** Fetches the picture as the camera sends it, and draws on it. */
async function draw() {
  const tried = await attempt(PLAIN);
  if (!tried?.works) return;
  page.ground.src = `data:image/jpeg;base64,${tried.picture}`;
  page.canvas.style.aspectRatio = `${tried.width} / ${tried.height}`;
  page.outcome.replaceChildren();
  page.drawing.hidden = false;
  showLive();
  redraw();
  page["add-mask"].focus();
}

function redraw() {
  const [masks, crop] = ["privacy_masks", "crop"].map((name) => settings.get(name));
  if (!masks || !crop) return;
  drawOn(readMasks(masks.input.value) ?? [], readCrop(crop.input.value), (areas, part) => {
    masks.type(writeMasks(areas));
    crop.type(writeCrop(part));
  });
}

whenSent(page.form, save);
on(page.form, "input", ({ target }) => {
  const { name } = /** @type {HTMLInputElement} */ (target);
  if (!page.drawing.hidden && (name === "crop" || name === "privacy_masks")) redraw();
});
on(page.test, "click", test);
on(page.draw, "click", draw);
on(page.drawn, "click", () => {
  page.drawing.hidden = true;
  showLive();
  page.draw.focus();
});
// A camera that has just been added has no stream for a moment.
on(page.live, "error", () => {
  if (!page.live.hasAttribute("src")) return;
  page.live.removeAttribute("src");
  setTimeout(showLive, AGAIN_MS);
});
