/* Light, dark, or as the system says: kept in this browser, and applied before the page is painted. */

import * as texts from "../texts.js";
import { keep, kept } from "./kept.js";

const KEY = "framecast-theme";
/** What a press of the button goes through; the empty one is the system's. */
const ORDER = /** @type {const} */ (["", "light", "dark"]);

let theme = ORDER.find((each) => each === kept(KEY)) ?? "";

function apply() {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const button = document.getElementById("theme");
  if (!button) return;
  button.title = texts.colours[theme];
  button.ariaLabel = button.title;
}

function turn() {
  theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
  keep(KEY, theme);
  apply();
}

apply();
addEventListener("DOMContentLoaded", () => {
  apply();
  document.getElementById("theme")?.addEventListener("click", turn);
});
