/* Whether pictures are archived as they should be: one line with what to do when not, and nothing without an archiver. */

import { setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { request } from "../shared/server.js";

const LOOK_MS = 60_000;
/** Where no archiver answers, it is seldom looked for one. */
const SELDOM_MS = 600_000;
const NEVER = 9e15;

/** @param {HTMLElement} line where it is said */
export function watchArchiving(line) {
  let due = 0;
  const look = async () => {
    if (document.hidden || Date.now() < due) return;
    due = NEVER;
    const answer = await request("api/camera/frames/capturing").catch(() => null);
    due = Date.now() + (answer ? LOOK_MS : SELDOM_MS) - 1_000;
    setText(line, answer?.problem ?? "");
  };
  on(window, "visibilitychange", look);
  setInterval(look, LOOK_MS);
  look();
}
