/* Cameras found in the network. One that is chosen goes into the form that tries it. */

import { FieldError, whenSent } from "../forms/forms.js";
import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import * as texts from "../texts.js";
import { openAdding } from "./adding.js";
import { ask } from "./asking.js";
import { page } from "./elements.js";

/** @typedef {any} Device of the server, as docs/api.md has it */

const words = /** @type {HTMLElement} */ (page.find.querySelector("[role=status]"));
/** @param {string} name */
const typed = (name) => /** @type {HTMLInputElement} */ (page.try.elements.namedItem(name)).value;

/** @param {Record<string, unknown>} wanted where to look, and with which login */
async function look(wanted) {
  setText(words, texts.looking);
  words.classList.remove("error");
  try {
    const { devices, notices } = await ask("/discover", "POST", wanted);
    page.found.replaceChildren(...devices.map(deviceShown));
    return [texts.foundCameras(devices.length), ...notices].join(" ");
  } catch (error) {
    const { message, field } = /** @type {any} */ (error);
    throw new FieldError(
      message,
      /** @type {HTMLInputElement | null} */ (field && page.find.elements.namedItem("host")),
    );
  }
}

/** @param {Device} device */
function deviceShown({ host, name, maker, model, streams, templates, notices, needs_password: needsPassword }) {
  const title = [...new Set([name, maker, model].filter(Boolean))].join(" ") || host;
  const [usable, small] = ["main", "sub"].map((role) => streams.filter((/** @type {any} */ one) => one.role === role));
  const ways = usable.map((/** @type {any} */ main) => {
    const sub = small.find((/** @type {any} */ one) => one.source === main.source);
    return wayShown(texts.useStream(streamWords(main)), title, name, main.rtsp_url, sub?.rtsp_url);
  });
  if (!ways.length) {
    for (const { maker: by, main_url: main, sub_url: sub, answers } of templates) {
      if (answers !== false) ways.push(wayShown(texts.useStream(by), title, name, main, sub));
    }
  }
  if (!usable.length && needsPassword !== false) ways.push(askAgain(host, title));
  // Of a stream it says that it leads to another host, or why it can't be used.
  const said = new Set([...notices, ...streams.map((/** @type {any} */ one) => one.notice).filter(Boolean)]);
  const lines = [...said].map((line) => make("p", { className: "soft" }, line));
  const place = make("p", { className: "soft" }, host);
  return make(
    "article",
    { className: "card" },
    make("h3", {}, title),
    place,
    ...lines,
    make("div", { className: "acts" }, ...ways),
  );
}

/** @param {any} stream */
const streamWords = ({ codec, width, height }) =>
  [width && `${width} × ${height}`, codec?.toUpperCase()].filter(Boolean).join(", ");

/** @param {string} label @param {string} title @param {string | null} name @param {string} main @param {string} [sub] */
function wayShown(label, title, name, main, sub = "") {
  const button = make("button", { className: "button", type: "button", ariaLabel: texts.actOn(label, title) }, label);
  on(button, "click", () => {
    openAdding({ rtsp_url: main, rtsp_url_small: sub });
    const named = /** @type {HTMLInputElement} */ (page.keep.elements.namedItem("name"));
    if (!named.value && name) named.value = name;
  });
  return button;
}

/** The login in the form is for this host alone. @param {string} host @param {string} title */
function askAgain(host, title) {
  const label = texts.askWithLogin;
  const button = make("button", { className: "button", type: "button", ariaLabel: texts.actOn(label, title) }, label);
  on(button, "click", async () => {
    const [username, password] = [typed("rtsp_username"), typed("rtsp_password")];
    if (!username) {
      setText(words, texts.loginFirst);
      /** @type {HTMLElement} */ (page.try.elements.namedItem("rtsp_username")).focus();
      return;
    }
    const said = await look({ host, username, password }).catch((error) => error.message);
    setText(words, said);
  });
  return button;
}

whenSent(page.find, (fields) => look({ host: `${fields.get("host")}`.trim() || null, username: null, password: null }));
