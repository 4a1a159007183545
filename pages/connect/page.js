/* The connect page: where others look, and what to paste where. Where a link or a password is needed, it is put in. */

import { copyButton } from "../forms/forms.js";
import { make, setText, timeElement } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { address, request } from "../shared/server.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";
import { fill, takesToken } from "./filling.js";

/**
 * @typedef {{ title: string, about: string, lines: { name: string, value: string }[] }} Recipe
 * @typedef {{ secret: string, is_kept: boolean }} Made a token
 */

const RETRY_MS = 3_000;
/** Characters of a token's name. */
const MOST_OF_NAME = 64;

/** Whether this page was opened by a name that means another computer on each. */
const isHere = /^(localhost|127\..*|\[::1\])$/.test(location.hostname);
/** Whether there are passwords, and whether tokens can be made. */
let isGuarded = false;
let makesTokens = false;
/** The server's address in the lines, with a slash at its end. */
let base = address(".");
/** What the server says of the chosen camera. @type {Recipe[]} */
let recipes = [];
/** Those that were made here, by their programs: they are shown once. @type {Map<string, Made>} */
const tokens = new Map();
/** The end of a share link's address, and the page that it opens; empty until one is made. */
let link = "";
let linkPage = "";

async function start() {
  try {
    const { access, cameras, problems } = await request("api/status");
    if (!cameras.length) throw new Error(problems[0]);
    isGuarded = access.authenticates;
    makesTokens = access.makes_tokens;
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
  tokens.clear();
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
  page.lines.replaceChildren(...recipes.map(programCard));
}

/** @param {Recipe} recipe @param {string} [token] that was made for it */
function cardOf({ title, about, lines }, token) {
  const rows = lines.map(({ name, value }) => lineOf(title, name, value, token));
  return make(
    "section",
    { className: "card" },
    make("h2", {}, title),
    make("p", { className: "soft" }, about),
    ...rows,
  );
}

/** The card of a program, for which a token can be made. @param {Recipe} recipe */
function programCard(recipe) {
  const made = tokens.get(recipe.title);
  return made ? cardWithToken(recipe, made) : cardWithoutToken(recipe);
}

/** @param {Recipe} recipe */
function cardWithoutToken(recipe) {
  const card = cardOf(recipe);
  if (!makesTokens) return card;
  const words = make("p", { className: "error", role: "status" });
  const button = make("button", { className: "button", ariaLabel: texts.tokenFor(recipe.title) }, texts.makeToken);
  on(button, "click", async () => {
    try {
      tokens.set(recipe.title, await makeToken(recipe.title));
      const done = programCard(recipe);
      card.replaceWith(done);
      done.querySelector("button")?.focus();
      page.said.textContent = texts.tokenIsMade;
    } catch (error) {
      setText(words, messageOf(error));
    }
  });
  card.append(button, words);
  return card;
}

/** Where no line has a place for the token, it is the password that the program asks for. @param {Recipe} recipe @param {Made} made */
function cardWithToken({ title, about, lines }, { secret, is_kept: isKept }) {
  const password = lines.some(({ value }) => takesToken(value)) ? [] : [{ name: texts.tokenLine, value: secret }];
  const card = cardOf({ title, about, lines: [...lines, ...password] }, secret);
  const words = isKept ? texts.tokenIsInLines : `${texts.tokenIsInLines} ${texts.notKept}`;
  card.append(make("p", { className: "soft" }, `${words} `, make("a", { href: "access" }, texts.access)));
  return card;
}

/** For one program and the chosen camera, which it sees live alone. @param {string} title of the program */
function makeToken(title) {
  const camera = page.camera.selectedOptions[0];
  const name = `${title}: ${camera.text}`.slice(0, MOST_OF_NAME);
  return request("api/access/tokens", { method: "POST", body: { name, cameras: [camera.value], archive: false } });
}

/** A card with an address as a QR code. @param {string} title @param {string} about @param {string} url */
function codeOf(title, about, url) {
  const card = cardOf({ title, about, lines: [{ name: texts.lineAddress, value: url }] });
  card.append(make("img", { src: address("api/connect/qr.svg", { address: url }), alt: title, className: "code" }));
  return card;
}

/** @param {string} title @param {string} name @param {string} line @param {string} [token] */
function lineOf(title, name, line, token) {
  const values = () => ({ base, link, password: page.password.value, token });
  const { shown, lacks } = fill(line, values());
  const button = copyButton(texts.copyLine(title, name), () => fill(line, values()).copied, page.said);
  button.disabled = !!lacks;
  const code = make("code", { inert: !!lacks }, shown);
  return make("div", { className: "line" }, make("span", {}, name), button, code, make("small", {}, lacks));
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
