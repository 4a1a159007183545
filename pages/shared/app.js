/* Our pages as an app: with a worker where browsers allow one, over HTTPS and on this computer. */

// Not before the page has its picture: it would take time from it.
if (document.querySelector("header")) {
  setTimeout(() => navigator.serviceWorker?.register("worker.js").catch(() => {}), 3000);
}
