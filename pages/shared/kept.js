/* What this browser keeps for the next visit. Where it keeps nothing (blocked, full), each visit is the first. */

/** For as long as the tab is open. */
export const WHILE_OPEN = "sessionStorage";

/** @param {string} key @param {"localStorage" | "sessionStorage"} [where] @returns {string} empty where nothing is kept */
export function kept(key, where = "localStorage") {
  try {
    return globalThis[where].getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {string} value @param {"localStorage" | "sessionStorage"} [where] */
export function keep(key, value, where = "localStorage") {
  try {
    globalThis[where].setItem(key, value);
  } catch {
    // it holds until the page is left
  }
}
