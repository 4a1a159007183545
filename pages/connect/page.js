/* The connect page: where others look, and what to paste where. Where a link or a password is needed, it is put in. */

import { copyText } from "../shared/copy.js";
import { make, setText, timeElement } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { address, request } from "../shared/server.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";
import { fill } from "./filling.js";

/** @typedef {{ title: string, about: string, lines: { name: string, value: string }[] }} Recipe */

const RETRY_MS = 3_000;
const COPIED_MS = 2_000;

/** Whether this page was opened by a name that means another computer on each. */
const isHere = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
/** Whether there are passwords. */
let isGuarded = false;
/** The server's address in the lines, with a slash at its end. */
let base = address(".");
/** What the server says of the chosen camera. @type {Recipe[]} */
let recipes = [];
/** The end of a share link's address, and the page that it opens; empty until one is made. */
let link = "";
let linkPage = "";

async function start() {
  try {
    const { access, cameras, problems } = await request("api/status");
    if (!cameras.length) throw new Error(problems[0]);
    isGuarded = access.authenticates;
    if (!page.camera.length) offerCameras(cameras, access.longest_link_seconds);
    await show();
  } catch (error) {
    setText(page.note, messageOf(error));
    setTimeout(start, RETRY_MS);
  }
}

/** @param {{ key: string, name: string, is_default: boolean }[]} cameras @param {number} longestSeconds of a link */
function offerCameras(cameras, longestSeconds) {
  const asked = new URLSearchParams(location.search).get("camera");
  const first = cameras.find(({ key }) => key === asked) ?? cameras.find((camera) => camera.is_default) ?? cameras[0];
  page.camera.append(...cameras.map(({ key, name }) => new Option(name, key, key === first.key, key === first.key)));
  for (const [seconds, text] of Object.entries(texts.linkLengths)) {
    if (Number(seconds) <= longestSeconds) page.time.add(new Option(text, seconds));
  }
  for (const field of [page.time.parentElement, page.make, page.password.parentElement]) {
    if (field) field.hidden = !isGuarded;
  }
}

/** The chosen camera, without a link. */
async function show() {
  const camera = page.camera.value;
  const { addresses, why_none: whyNone, doubt, recipes: lines } = await request("api/connect", { query: { camera } });
  if (camera !== page.camera.value) return;
  link = "";
  recipes = lines;
  if (isHere && addresses.length) base = addresses[0];
  const where = addresses.length ? texts.forOthers + (doubt && `${doubt} `) : `${whyNone} `;
  setText(page.note, (isHere ? where : "") + (isGuarded ? texts.whatALinkIs : texts.noPassword));
  draw();
}

function draw() {
  const codes = isHere && base === address(".") ? [] : [codeOf(texts.onPhone, texts.onPhoneAbout, base)];
  if (codes.length && link) codes.push(codeOf(texts.linkOnPhone, texts.linkOnPhoneAbout, base + linkPage));
  page.codes.replaceChildren(...codes);
  page.lines.replaceChildren(...recipes.map(cardOf));
}

/** @param {Recipe} recipe */
function cardOf({ title, about, lines }) {
  const rows = lines.map(({ name, value }) => lineOf(title, name, value));
  return make(
    "section",
    { className: "card" },
    make("h2", {}, title),
    make("p", { className: "soft" }, about),
    ...rows,
  );
}

/** A card with an address as a QR code. @param {string} title @param {string} about @param {string} url */
function codeOf(title, about, url) {
  const card = cardOf({ title, about, lines: [{ name: texts.lineAddress, value: url }] });
  card.append(make("img", { src: address("api/connect/qr.svg", { address: url }), alt: title, className: "code" }));
  return card;
}

/** @param {string} title @param {string} name @param {string} line */
function lineOf(title, name, line) {
  const { shown, lacks } = fill(line, values());
  const about = { className: "button", disabled: !!lacks, ariaLabel: texts.copyLine(title, name) };
  const button = make("button", about, texts.copy);
  on(button, "click", () => copy(line, button));
  const code = make("code", { inert: !!lacks }, shown);
  return make("div", { className: "line" }, make("span", {}, name), button, code, make("small", {}, lacks));
}

const values = () => ({ base, link, password: page.password.value });

/** @param {string} line @param {HTMLElement} button */
async function copy(line, button) {
  await copyText(fill(line, values()).copied);
  page.said.textContent = texts.isCopied;
  setText(button, texts.copied);
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
    linkPage = made.page_url.slice(1);
    page.note.replaceChildren(texts.linkEnds, timeElement(made.expires_at), ".");
    draw();
  } catch (error) {
    setText(page.note, messageOf(error));
  }
}

/** @param {unknown} error of a request, in words that can be shown */
const messageOf = (error) => /** @type {Error} */ (error).message;

on(page.camera, "change", () => {
  history.replaceState(null, "", `?camera=${page.camera.value}`);
  start();
});
on(page.password, "input", draw);
on(page.share, "submit", makeLink);

start();
