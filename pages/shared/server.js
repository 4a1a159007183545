/* The server: its addresses and its answers. Every address is relative, as the page's own. */

import * as texts from "../texts.js";

/**
 * @param {string} path
 * @param {Record<string, unknown>} query what is null or undefined is left out
 */
export function address(path, query = {}) {
  const url = new URL(path.replace(/^\/+/, ""), document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) url.searchParams.set(name, `${value}`);
  }
  return url.href;
}

/**
 * The JSON of an answer, null when it has none; of a file the answer itself.
 * @param {string} path
 * @param {{ method?: string, query?: Record<string, unknown>, body?: unknown, headers?: Record<string, string>, timeoutMs?: number }} options
 * @returns {Promise<any>}
 * @throws {Error} in words that can be shown, with its `status` and what else the answer says: `why`, `field`
 */
export async function request(path, { method = "GET", query, body, headers, timeoutMs = 20_000 } = {}) {
  const json = body !== undefined && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const signal = AbortSignal.timeout?.(timeoutMs);
  const response = await fetch(address(path, query), { method, cache: "no-store", signal, headers, ...json }).catch(
    () => {
      throw new Error(texts.notReached);
    },
  );
  if (response.status === 401) return logIn();
  if (response.headers.has("Content-Disposition")) return response;
  const answer = await response.json().catch(() => null);
  if (!response.ok)
    throw Object.assign(new Error(answer?.detail ?? texts.answered(response.status)), answer, {
      status: response.status,
    });
  return answer;
}

/** The session has ended: to the login page, which leads back here. Nothing is to be said in the meantime. */
function logIn() {
  location.assign(address("login", { next: location.href.slice(address(".").length).replace(/#.*/, "") }));
  return new Promise(() => {});
}
