/*
 * The service worker of the installed app. It keeps nothing: each page comes from the server, and when that can't be
 * reached there are words, never an old picture. All else goes by it: pictures, streams, answers.
 */

import * as texts from "../texts.js";

/** @type {any} */
const worker = globalThis;
/** Our pages, by their addresses below the worker's. */
const PAGES = ["", "archive", "status", "connect", "access", "cameras"];
const WORDS = {
  status: 503,
  headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'" },
};

worker.addEventListener("install", (/** @type {any} */ event) => {
  worker.skipWaiting();
  // Starting this worker takes some 50 ms. Where browsers can, a page comes meanwhile, and all else goes past it.
  event.addRoutes?.([
    { condition: { requestMode: "navigate" }, source: "race-network-and-fetch-handler" },
    { condition: { urlPattern: new URLPattern({}) }, source: "network" },
  ]);
});
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { mode, url } = event.request;
  const here = url.replace(worker.registration.scope, "").replace(/[?#].*/, "");
  if (mode === "navigate" && PAGES.includes(here)) event.respondWith(pageOf(event.request));
});

/** @param {Request} request */
async function pageOf(request) {
  const response = await fetch(request).catch(() => new Response(texts.appIsOffline, WORDS));
  // Another server is at this address now, or one whose pages want no worker any more.
  if (response.ok && !response.headers.get("Content-Security-Policy")?.includes("worker-src")) {
    worker.registration.unregister();
  }
  return response;
}
