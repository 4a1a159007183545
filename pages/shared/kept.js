/* What this browser keeps for the next visit. Where it keeps nothing (blocked, full), each visit is the first. */

/** @param {string} key @returns {string} empty where nothing is kept */
export function kept(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {string} value */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // it holds until the page is left
  }
}
