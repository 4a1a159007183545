/* The page of access: passwords, tokens, logins and links. Ingest keeps them, and is asked again and again. */

import { copyButton, FieldError, isConfirmed, whenSent } from "../forms/forms.js";
import { make, setText, timeElement } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { request } from "../shared/server.js";
import * as texts from "../texts.js";
import { page } from "./elements.js";
import { showRecords } from "./records.js";
import { browserOf, endOf, scopeOf, subjectOf } from "./words.js";

/** @import { Names } from "./words.js" */

const LOOK_MS = 10_000;
const PATH = "api/access";
/** In how many days a token may end; the first is never. */
const ENDS = ["", 1, 7, 30, 365];
const ROLES = /** @type {const} */ (["viewer", "operator"]);

/** @type {Names} */
let names = new Map();
/** Whether anybody has to show anything. */
let isClaimed = true;
/** An answer that was asked for before the last one tells what is over. */
let looks = 0;

async function look() {
  const mine = ++looks;
  try {
    const [access, { devices }] = await Promise.all([request(PATH), request("api/devices")]);
    const lists = access.is_claimed ? await askLists() : null;
    if (mine !== looks) return;
    isClaimed = access.is_claimed;
    showPasswords(access);
    offerCameras(devices);
    if (lists) showLists(lists);
    setText(page.note, access.problems.join(" "));
  } catch (error) {
    setText(page.note, /** @type {Error} */ (error).message);
  }
  page.main.removeAttribute("data-asking");
}

/** @param {any} access */
function showPasswords(access) {
  page.claim.hidden = isClaimed;
  for (const part of document.querySelectorAll("[data-claimed]")) /** @type {HTMLElement} */ (part).hidden = !isClaimed;
  for (const role of ROLES) {
    const form = page[role];
    const where = access[`${role}_password`];
    const words = { page: texts.setAtPage, environment: texts.setByEnvironment(role.toUpperCase()) };
    setText(
      /** @type {Element} */ (form.querySelector("p span")),
      words[/** @type {"page"} */ (where)] ?? texts.notSet,
    );
    for (const part of form.querySelectorAll("label, button")) {
      /** @type {HTMLElement} */ (part).hidden = where === "environment";
    }
  }
}

/** @param {{ key: string, name: string }[]} devices */
function offerCameras(devices) {
  const isKnown = devices.length === names.size && devices.every(({ key, name }) => names.get(key) === name);
  if (isKnown) return;
  names = new Map(devices.map(({ key, name }) => [key, name]));
  const boxes = devices.map(({ key, name }) =>
    make("label", { className: "check" }, make("input", { type: "checkbox", name: "cameras", value: key }), name),
  );
  page.cameras.replaceChildren(...boxes);
}

const askLists = () => Promise.all(["tokens", "sessions", "links"].map((kind) => request(`${PATH}/${kind}`)));

/** @param {any[][]} lists */
function showLists([tokens, sessions, links]) {
  showRecords(page.tokens, tokens.reverse().map(tokenShown), texts.noTokens);
  const mineFirst = [...sessions.reverse()].sort((one, other) => other.is_mine - one.is_mine);
  showRecords(page.sessions, mineFirst.map(sessionShown), texts.noLogins);
  page.others.hidden = !sessions.some((/** @type {any} */ session) => !session.is_mine);
  showRecords(page.links, links.reverse().map(linkShown), texts.noLinks);
}

/** @param {any} token */
const tokenShown = (token) => ({
  id: token.id,
  title: token.name,
  badge: texts.roles[/** @type {"viewer"} */ (token.role)],
  lines: [[scopeOf(token, names)], timesOf(token)],
  act: texts.end,
  end: () => endOne("tokens", token.id, token.name, texts.sureToEnd(token.name)),
});

/** @param {any} session */
function sessionShown(session) {
  const title = browserOf(session.browser);
  return {
    id: session.id,
    title,
    hint: session.browser,
    badge: session.is_mine ? texts.thisBrowser : "",
    lines: [
      [texts.loginOf(texts.roles[/** @type {"viewer"} */ (session.role)], session.address)],
      [texts.loggedIn, timeElement(session.since), ...(session.used_at ? usedOf(session) : []), "."],
    ],
    act: texts.logOut,
    end: () => endOne("sessions", session.id, title, texts.sureToLogOut(title, session.address)),
  };
}

/** @param {any} link */
function linkShown(link) {
  const title = subjectOf(link.path, names);
  return {
    id: link.id,
    title,
    lines: [timesOf(link)],
    act: texts.end,
    end: () => endOne("links", link.id, title, texts.sureToEndLink(title)),
  };
}

/** @param {any} record */
const timesOf = (record) => [
  texts.madeAt,
  timeElement(record.made_at),
  ...usedOf(record),
  ...(record.ends_at ? [texts.endsAt, timeElement(record.ends_at)] : [texts.endsNever]),
  ".",
];

/** @param {any} record */
const usedOf = (record) => (record.used_at ? [texts.usedAt, timeElement(record.used_at)] : [texts.usedNever]);

/**
 * Ends a record, after a question. The focus goes to the title of its list, since the button is gone.
 * @param {"tokens" | "sessions" | "links"} kind
 * @param {string} id
 * @param {string} title
 * @param {string} question
 */
async function endOne(kind, id, title, question) {
  if (!(await isConfirmed(question))) return;
  await ended(`${PATH}/${kind}/${id}`, texts.hasEnded(title));
  page[`${kind}-title`].focus();
}

/** @param {string} path @param {string} words */
async function ended(path, words) {
  try {
    const done = await request(path, { method: "DELETE" });
    await look();
    setText(page.done, withKept(words, done));
  } catch (error) {
    setText(page.done, /** @type {Error} */ (error).message);
  }
}

/** @param {string} words @param {{ is_kept: boolean }} done */
const withKept = (words, { is_kept: isKept }) => (isKept ? words : `${words} ${texts.notKept}`);

/** What proves that it is the owner who decides, where nobody has a password. */
function proof() {
  if (isClaimed) return {};
  const code = page.code.value.trim();
  if (!code) throw new FieldError(texts.codeNeeded, page.code);
  return { code };
}

/** @param {"viewer" | "operator"} role @param {FormData} fields */
async function setPassword(role, fields) {
  const body = { password: fields.get("password"), ...proof() };
  const done = await request(`${PATH}/passwords/${role}`, { method: "PUT", body });
  page[role].reset();
  page.code.value = "";
  await look();
  return withKept(texts.passwordIsSet[role], done);
}

/** @param {FormData} fields */
async function makeToken(fields) {
  const cameras = page.every.checked ? null : fields.getAll("cameras");
  if (cameras && !cameras.length) throw new FieldError(texts.chooseCameras, page.every);
  const name = `${fields.get("name")}`;
  const end = endOf(page.end.value, Date.now());
  const scope = { cameras, archive: fields.has("archive"), role: fields.get("role"), ends_at: end };
  const made = await request(`${PATH}/tokens`, { method: "POST", body: { name, ...scope, ...proof() } });
  page.token.reset();
  page.cameras.hidden = true;
  page.code.value = "";
  showMade(name, made.secret);
  await look();
  return withKept(texts.tokenIsMade, made);
}

/** @param {string} name @param {string} secret */
function showMade(name, secret) {
  const button = copyButton(texts.copyToken(name), () => secret, page.said);
  const line = make("div", { className: "line" }, make("span", {}, name), button, make("code", {}, secret));
  page.made.replaceChildren(line);
  button.focus();
}

for (const days of ENDS) page.end.add(new Option(days ? texts.inDays(Number(days)) : texts.never, `${days}`));
for (const role of ROLES) whenSent(page[role], (fields) => setPassword(role, fields));
whenSent(page.token, makeToken);
on(page.every, "change", () => {
  page.cameras.hidden = page.every.checked;
});
on(page.others, "click", async () => {
  if (!(await isConfirmed(texts.sureToLogOutOthers))) return;
  await ended(`${PATH}/sessions`, texts.othersAreOut);
  page["sessions-title"].focus();
});

const { role, login } = document.documentElement.dataset;
if (role === "viewer") {
  // Where there is no operator's password, the setup code is the way to one.
  const way = /** @type {HTMLAnchorElement} */ (document.querySelector("main .viewer a"));
  if (login === undefined) way.href = "setup";
  page.main.removeAttribute("data-asking");
} else {
  setInterval(() => document.hidden || look(), LOOK_MS);
  look();
}
