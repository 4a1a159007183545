/* Links for others: how long they last, and how they are copied. */

import * as texts from "../texts.js";

export const LINK_SECONDS = 86_400;

/** @param {string} url */
export async function copyLink(url) {
  // Where the page is not served by HTTPS there is no clipboard to write to.
  const isCopied = await navigator.clipboard?.writeText(url).then(
    () => true,
    () => false,
  );
  if (!isCopied) prompt(texts.copyThisLink, url);
}
