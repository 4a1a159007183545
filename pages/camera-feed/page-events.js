/* What concerns all feeds of a page: a tick a second, whether the page is looked at, whether there is a network. */

import { TICK_MS } from "./timing.js";

/** @import { Player } from "./player.js" */

/** Whether the viewer has asked for less motion. */
export const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Those that are in the page. @type {Set<Player>} */
const players = new Set();
/** @type {ReturnType<typeof setInterval> | undefined} */
let ticker;

/** @param {(player: Player) => void} act */
function forAll(act) {
  for (const player of players) act(player);
}

/** @param {Player} player */
export function enroll(player) {
  players.add(player);
  ticker ??= setInterval(() => forAll((each) => each.tick()), TICK_MS);
}

/** @param {Player} player */
export function dismiss(player) {
  players.delete(player);
  if (players.size) return;
  clearInterval(ticker);
  ticker = undefined;
}

document.addEventListener("visibilitychange", () => forAll((player) => player.setAway(document.hidden)));
addEventListener("online", () => forAll((player) => player.hurry()));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) forAll((player) => player.hurry());
});
stillness.addEventListener("change", () => forAll((player) => player.reconsider()));
