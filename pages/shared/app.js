/* Our pages as an app: with a worker where browsers allow one, over HTTPS and on this computer. */

if (document.querySelector("header")) navigator.serviceWorker?.register("worker.js").catch(() => {});
