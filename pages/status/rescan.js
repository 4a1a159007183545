/* The archive's files compared with its rows: begun by a button, and watched while it runs. */

import { make } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { request } from "../shared/server.js";
import * as texts from "../texts.js";
import { write } from "./cards.js";
import { page } from "./elements.js";

/**
 * @typedef {{ is_running: boolean, checked: number, total: number | null, missing: number, words: string[] }} Rescan
 */

const PATH = "api/camera/frames/rescan";
const LOOK_MS = 1_000;
const { "rescan-start": start, "rescan-drop": drop, "rescan-words": list } = page;

/** What is said of a rescan, a line each. @param {Rescan} rescan */
export const linesOf = ({ is_running: isRunning, checked, total, words }) =>
  isRunning ? [texts.isChecked(checked, total)] : words;

/** @param {string[]} lines */
function say(lines) {
  write(
    list,
    lines.map((line) => make("li", {}, line)),
  );
}

/** Shows the last rescan, and looks again while it runs. */
export async function showRescan() {
  try {
    show(await request(PATH));
  } catch (error) {
    say([/** @type {Error} */ (error).message]);
  }
}

/** @param {Rescan} rescan */
function show(rescan) {
  start.disabled = rescan.is_running;
  drop.hidden = rescan.is_running || !rescan.missing;
  say(linesOf(rescan));
  if (rescan.is_running) setTimeout(showRescan, LOOK_MS);
}

/** @param {Record<string, unknown>} query */
async function ask(query) {
  start.disabled = true;
  try {
    show(await request(PATH, { method: "POST", query }));
  } catch (error) {
    say([/** @type {Error} */ (error).message]);
    start.disabled = false;
  }
}

on(start, "click", () => ask({}));
on(drop, "click", () => {
  if (confirm(texts.dropMissing)) ask({ drop_missing: true });
});
