/*
 * For browsers that are too old for a page: a picture all the same, and words. A classic script in old syntax, so that
 * they can read it. The pages need `at` and `Object.hasOwn`, the element constructed style sheets besides.
 */

(() => {
  const WAIT_MS = 2_000;

  function hasStyleSheets() {
    try {
      return Boolean(new CSSStyleSheet());
    } catch {
      return false;
    }
  }

  /** @param {Element} feed */
  function showImage(feed) {
    const key = feed.getAttribute("camera");
    const link = feed.getAttribute("link");
    const image = document.createElement("img");
    image.alt = feed.getAttribute("alt") || "";
    image.style.maxWidth = "100%";
    image.src = `api/${key ? `cameras/${key}` : "camera"}/stream${link ? `?link=${encodeURIComponent(link)}` : ""}`;
    /** @type {HTMLElement} */ (feed).style.display = "none";
    if (feed.parentNode) feed.parentNode.insertBefore(image, feed);
  }

  function help() {
    const feeds = document.querySelectorAll("camera-feed");
    const hasMethods = "at" in Array.prototype && "hasOwn" in Object;
    if (hasMethods && (!feeds.length || hasStyleSheets())) return;
    const main = document.querySelector("main");
    const note = document.createElement("p");
    note.className = "problem";
    note.setAttribute("role", "alert");
    note.textContent =
      "This browser is too old for this page. It needs Chrome or Edge 93, Firefox 101, Safari or iOS 16.4, or newer.";
    if (main) main.insertBefore(note, main.firstChild);
    for (const feed of feeds) showImage(feed);
    for (const waiting of document.querySelectorAll(".word, #title, #words, #note")) {
      // What still works of the page would write the words again.
      if (/…$/.test(waiting.textContent || "")) /** @type {HTMLElement} */ (waiting).style.display = "none";
    }
  }

  addEventListener("load", () => setTimeout(help, WAIT_MS));
})();
