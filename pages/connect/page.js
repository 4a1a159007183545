/* The connect page: what to paste where, with this server's own address. Where a link is needed, it can be made. */

import { make, setText, timeElement } from "../shared/dom.js";
import { address, request } from "../shared/server.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";
import { recipesFor } from "./recipes.js";

const RETRY_MS = 3_000;
const COPIED_MS = 2_000;
/** What stands in the lines until a link is made. */
const PLACEHOLDER = "LINK";

/** Whether this page was opened by a name that means another computer on each. */
const isHere = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
/** Whether there are passwords. */
let isGuarded = false;
let link = PLACEHOLDER;

async function start() {
  try {
    const { access, cameras, problems } = await request("api/status");
    if (!cameras.length) throw new Error(problems[0]);
    isGuarded = access.authenticates;
    offerCameras(cameras);
    for (const [seconds, text] of Object.entries(texts.linkLengths)) {
      if (Number(seconds) <= access.longest_link_seconds) page.time.add(new Option(text, seconds));
    }
    page.make.hidden = !isGuarded;
    if (page.time.parentElement) page.time.parentElement.hidden = !isGuarded;
    show();
  } catch (error) {
    setText(page.note, messageOf(error));
    setTimeout(start, RETRY_MS);
  }
}

/** @param {{ key: string, name: string, is_default: boolean }[]} cameras */
function offerCameras(cameras) {
  const asked = new URLSearchParams(location.search).get("camera");
  const first = cameras.find(({ key }) => key === asked) ?? cameras.find((camera) => camera.is_default) ?? cameras[0];
  page.camera.append(...cameras.map(({ key, name }) => new Option(name, key, key === first.key, key === first.key)));
}

function show() {
  link = PLACEHOLDER;
  setText(page.note, (isHere ? texts.onlyHere : "") + (isGuarded ? texts.whatALinkIs : texts.noPassword));
  draw();
}

function draw() {
  const { value: key, selectedOptions } = page.camera;
  const recipes = recipesFor({ key, name: selectedOptions[0].text, address, link: isGuarded ? link : null });
  const cards = recipes.map(([title, about, lines]) => {
    const rows = lines.map(([name, value]) => lineOf(title, name, value));
    return make(
      "section",
      { className: "card" },
      make("h2", {}, title),
      make("p", { className: "soft" }, about),
      ...rows,
    );
  });
  page.lines.replaceChildren(...cards);
}

/** @param {string} title @param {string} name @param {string} value */
function lineOf(title, name, value) {
  const code = make("code", {}, value);
  // What can't work yet is not to be copied.
  const disabled = isGuarded && link === PLACEHOLDER && value.includes(PLACEHOLDER);
  const button = make("button", { className: "button", disabled, ariaLabel: texts.copyLine(title, name) }, texts.copy);
  button.addEventListener("click", () => copy(code, button));
  return make("div", { className: "line" }, make("span", {}, name), button, code);
}

/**
 * Over plain http there is but the old way; where that fails too the text is left selected.
 * @param {HTMLElement} code
 * @param {HTMLElement} button
 */
async function copy(code, button) {
  let isCopied = true;
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
  } catch {
    getSelection()?.selectAllChildren(code);
    isCopied = document.execCommand("copy");
  }
  page.said.textContent = isCopied ? texts.isCopied : texts.isSelected;
  setText(button, isCopied ? texts.copied : texts.pressToCopy);
  setTimeout(() => {
    page.said.textContent = "";
    button.textContent = texts.copy;
  }, COPIED_MS);
}

/** @param {SubmitEvent} event */
async function makeLink(event) {
  event.preventDefault();
  const body = { camera: page.camera.value, expires_in_seconds: Number(page.time.value) };
  try {
    const made = await request("api/camera/links", { method: "POST", body });
    link = made.stream_url.split("link=")[1];
    page.note.replaceChildren(texts.linkEnds, timeElement(made.expires_at), ".");
    draw();
  } catch (error) {
    setText(page.note, messageOf(error));
  }
}

/** @param {unknown} error of a request, in words that can be shown */
const messageOf = (error) => /** @type {Error} */ (error).message;

page.camera.addEventListener("change", () => {
  history.replaceState(null, "", `?camera=${page.camera.value}`);
  show();
});
page.share.addEventListener("submit", makeLink);

start();
