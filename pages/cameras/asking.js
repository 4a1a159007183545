/* Asks for the cameras' settings and changes them. Where nobody has a password, a code goes along. */

import { keep, kept, WHILE_OPEN } from "../shared/kept.js";
import { request } from "../shared/server.js";

const PATH = "api/settings/cameras";
const KEPT = "framecast-cameras-code";
/** Longer than a camera may be tried. */
const TEST_MS = 40_000;
/** Who has logged in shows that, and no code. */
const isLoggedIn = document.documentElement.dataset.role !== undefined;

let code = isLoggedIn ? "" : kept(KEPT, WHILE_OPEN);

/** The setup code, or what stands in for it for an hour once it was used. @param {string} shown */
export function showCode(shown) {
  code = shown;
  keep(KEPT, code, WHILE_OPEN);
}

/** The versions that changes left which were made here, one after the other, with nobody else's between. @type {unknown[]} */
let own = [];
/** The change that was begun last. @type {Promise<unknown>} */
let last = Promise.resolve();
let changes = 0;
/** How many changes were made here: an answer that was asked for before the last one is old. */
export const changeCount = () => changes;

/**
 * Changes wait for those before them, which were not somebody else's: so none is refused because of them.
 * @param {string} [path] below the cameras
 * @param {string} [method]
 * @param {Record<string, unknown>} [body]
 * @returns {Promise<any>}
 * @throws {Error} in words, with `why` and `field` as ingest says them
 */
export function ask(path = "", method = "GET", body = undefined) {
  if (!body?.version) return send(path, method, body);
  const done = last.then(async () => {
    const version = own.includes(body.version) ? own.at(-1) : body.version;
    const answer = await send(path, method, { ...body, version });
    own = version === own.at(-1) ? [...own, answer.version] : [version, answer.version];
    return answer;
  });
  last = done.catch(() => {});
  return done;
}

/** @param {string} path @param {string} method @param {Record<string, unknown>} [body] */
async function send(path, method, body) {
  const shown =
    method === "GET" ? code && { headers: { "X-Framecast-Code": code } } : { body: { ...body, code: code || null } };
  const answer = await request(PATH + path, { method, timeoutMs: TEST_MS, ...shown });
  if (method !== "GET") changes += 1;
  if (answer.code) showCode(answer.code);
  return answer;
}

/** Whether the setup code is missing, wrong, or used up. @param {any} error */
export const wantsCode = (error) =>
  !isLoggedIn && !error.field && ["wrong", "not_allowed", "taken"].includes(error.why);
