/* The server and the pages' words: requests, times, sizes. Every address is relative, as the page's own. */

/** The viewer's own; days and times of day are meant by it. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
const DAY_MS = 86_400_000;

export function address(path, query = {}) {
  const url = new URL(path.replace(/^\/+/, ""), document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

/** The JSON of an answer, null when it has none. Throws an Error in words that can be shown. */
export async function request(path, { method = "GET", query, body, timeoutMs = 20_000 } = {}) {
  let response;
  try {
    response = await fetch(address(path, query), {
      method,
      cache: "no-store",
      signal: AbortSignal.timeout?.(timeoutMs),
      ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
  } catch {
    throw new Error("Framecast can't be reached. Try again in a moment.");
  }
  if (response.status === 401) return logIn();
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.detail ?? `Framecast answered ${response.status}.`);
  return answer;
}

/** The session has ended: to the login page, which leads back here. Nothing is to be said in the meantime. */
function logIn() {
  location.assign(address("login", { next: location.href.slice(address(".").length).replace(/#.*/, "") }));
  return new Promise(() => {});
}

/** 2026-11-22, of the viewer's calendar. */
export function dayKey(moment) {
  const date = new Date(moment);
  const two = (number) => `${number}`.padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The first instant of a day; `later` counts days, whatever the clocks do. */
export function dayStart(key, later = 0) {
  const [year, month, day] = key.split("-").map(Number);
  return new Date(year, month - 1, day + later);
}

/** `from` and `to` of a request for whole days. */
export const range = (first, last = first) => ({ from: dayStart(first).toISOString(), to: dayStart(last, 1).toISOString() });

export const dayWords = (key) => dayStart(key).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const monthWords = (key) => dayStart(key).toLocaleDateString(undefined, { month: "long", year: "numeric" });

export function timeWords(moment, withSeconds = false) {
  return new Date(moment).toLocaleTimeString(undefined, { timeStyle: withSeconds ? "medium" : "short" });
}

export const dateWords = (moment) => new Date(moment).toLocaleDateString(undefined, { dateStyle: "medium" });

/** A moment as an element: by the viewer's clock, without the day when it is today, and in UTC when pointed at. */
export function when(moment, withSeconds = false) {
  const date = new Date(moment);
  const day = dayKey(date) === dayKey(Date.now()) ? "" : `${dateWords(date)}, `;
  const utc = date.toISOString();
  return make("time", { dateTime: utc, title: `${utc.slice(0, 19).replace("T", " ")} UTC` }, day + timeWords(date, withSeconds));
}

/** The end of a gap, which may be on another day. */
export function stretchWords(from, to) {
  const far = new Date(to) - new Date(from) >= DAY_MS || dayKey(from) !== dayKey(new Date(to) - 1);
  const at = (moment) => (far ? `${dateWords(moment)}, ${timeWords(moment)}` : timeWords(moment));
  return `${at(from)} – ${at(to)}`;
}

export const countWords = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

export function sizeWords(bytes) {
  const [size, unit] = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]].find(([size]) => bytes >= size) ?? [1, "bytes"];
  return `${(bytes / size).toLocaleString(undefined, { maximumFractionDigits: bytes / size < 10 && size > 1 ? 1 : 0 })} ${unit}`;
}

export function lengthWords(seconds) {
  if (seconds < 60) return `${seconds.toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function make(tag, properties = {}, ...children) {
  const { dataset, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

/** Writes only changes: a live region that is written again is read aloud again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Asks before something is lost; resolves to whether to go on. */
export function areYouSure(question) {
  const dialog = document.getElementById("sure");
  document.getElementById("sure-text").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}
