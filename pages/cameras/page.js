/* The page of cameras: all of them, one's settings, or the form that adds one. Ingest keeps them, and is asked again and again. */

import { FieldError, whenSent } from "../forms/forms.js";
import { setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import * as texts from "../texts.js";
import { openAdding } from "./adding.js";
import { ask, showCode, wantsCode } from "./asking.js";
import { page } from "./elements.js";
import { showList, whenPressed } from "./list.js";
import { openOne, takeOne } from "./one.js";
import "./finding.js";
import { removeCamera } from "./removing.js";
import { cameraOf, lookAtCameras, lookAtDevices, nameOf, state } from "./state.js";

/** @import { Act } from "./list.js" */

const LOOK_MS = 3_000;
let isFirst = true;
/** Changes that are under way or wait for the one before: each is made of what that left. */
let busy = 0;
let last = Promise.resolve();

const keyOf = () => location.hash.slice(1);

async function look() {
  try {
    await Promise.all([lookAtCameras(), lookAtDevices()]);
    page.main.removeAttribute("data-asking");
    show();
  } catch (error) {
    page.main.removeAttribute("data-asking");
    tell(error);
  }
}

function show() {
  const { answer } = state;
  if (!answer) return;
  page.claim.hidden = true;
  setText(page.note, answer.why_not ?? "");
  page.add.hidden = !answer.can_change || !page.adding.hidden;
  showList();
  if (!answer.can_change) page.adding.hidden = true;
  else if (isFirst && (answer.is_demo || new URLSearchParams(location.search).has("add"))) openAdding();
  page.find.hidden = !answer.can_discover;
  setText(page["adding-title"], answer.is_demo ? texts.addYourCamera : texts.addCamera);
  if (!page.one.hidden && keyOf() && !cameraOf(keyOf())) leave();
  openOne(keyOf());
  takeOne();
  isFirst = false;
}

/** Somebody else has removed the camera whose settings are open. */
function leave() {
  say(texts.isGone(`${page.title.textContent}`), true);
  location.hash = "";
  page.all.hidden = false;
  page.add.focus();
}

/** @param {any} error */
function tell(error) {
  if (wantsCode(error)) {
    page.claim.hidden = false;
    page.all.hidden = page.one.hidden = true;
    setText(page.note, "");
  } else setText(page.note, error.message);
}

/** @param {string} words @param {boolean} [isWrong] */
function say(words, isWrong = false) {
  setText(page.done, words);
  page.done.classList.toggle("error", isWrong);
}

/** Does something after what was begun before, and says what came of it. @param {() => Promise<string>} change */
function act(change) {
  busy += 1;
  last = last
    .then(() => doNow(change))
    .finally(() => {
      busy -= 1;
    });
}

/** @param {() => Promise<string>} change */
async function doNow(change) {
  try {
    const words = await change();
    await look();
    say(words);
  } catch (error) {
    await look();
    say(/** @type {Error} */ (error).message, true);
    if (wantsCode(error)) tell(error);
  }
}

/** @param {string} path @param {string} method @param {Record<string, unknown>} change */
function send(path, method, change) {
  say(texts.saving);
  return ask(path, method, { version: state.answer?.version, ...change });
}

/** @param {string} key @param {1 | -1} by */
async function move(key, by) {
  const keys = (state.answer?.cameras ?? []).map((camera) => camera.key);
  const from = keys.indexOf(key);
  const to = from + by;
  if (to < 0 || to >= keys.length) return "";
  keys.splice(to, 0, ...keys.splice(from, 1));
  await send("/order", "PUT", { keys });
  return texts.hasMoved(nameOf(key), to + 1);
}

/** @param {string} key */
async function switchIt(key) {
  const isOff = cameraOf(key)?.settings.enabled === false;
  await send(`/${key}`, "PATCH", { settings: { enabled: isOff ? null : false } });
  return isOff ? texts.isSwitchedOn(nameOf(key)) : texts.isSwitchedOff(nameOf(key));
}

/** @type {Record<Act, (key: string) => Promise<string>>} */
const ACTS = {
  up: (key) => move(key, -1),
  down: (key) => move(key, 1),
  switch: switchIt,
  remove: async (key) => {
    const words = cameraOf(key) ? await removeCamera(key, say, look) : "";
    if (words) page.add.focus();
    return words;
  },
};

whenPressed((name, key) => act(() => ACTS[name](key)));
whenSent(page.claim, async (fields) => {
  const code = `${fields.get("code")}`.trim();
  const input = /** @type {HTMLInputElement} */ (page.claim.elements.namedItem("code"));
  if (!code) throw new FieldError(texts.codeNeeded, input);
  showCode(code);
  await lookAtCameras().catch((error) => {
    throw new FieldError(error.message, input);
  });
  page.claim.reset();
  page.all.hidden = false;
  await look();
  return "";
});
on(window, "hashchange", () => openOne(keyOf()));

const { role, login } = document.documentElement.dataset;
if (role === "viewer") {
  // Where there is no operator's password, the setup code is the way to one.
  const way = /** @type {HTMLAnchorElement} */ (document.querySelector("main .viewer a"));
  if (login === undefined) way.href = "setup";
  page.main.removeAttribute("data-asking");
} else {
  setInterval(() => document.hidden || busy || !page.claim.hidden || look(), LOOK_MS);
  look();
}
