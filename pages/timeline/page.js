/* The timeline of one camera's archive: loads it, and looks for what is new. */

import { request } from "../shared/server.js";
import { askClock } from "../shared/witness.js";
import * as texts from "../texts.js";
import { refresh } from "./acts.js";
import "./controls.js";
import { note, setDevice, setDue, tellOutlook, update } from "./display.js";
import { askDue } from "./due.js";
import { page } from "./elements.js";
import { isPlaying } from "./play.js";
import { choose, frames, recount, view } from "./selection.js";

const NEWS_MS = 60_000;
const AGAIN_MS = 5_000;

async function load() {
  const { devices } = await request("api/devices");
  /** @type {Record<string, any>[]} */
  const all = devices;
  const first = all.find(({ is_default: isDefault }) => isDefault) ?? all[0];
  const camera = view.camera ?? first?.key;
  if (!camera) throw new Error(texts.noCameraHasReported);
  const device = all.find(({ key }) => key === camera);
  setDevice(device ?? {});
  if (!device) all.push({ key: camera, name: camera }); // one that is gone still has its archive
  page.camera.replaceChildren(...all.map(({ key, name }) => new Option(name, key, false, key === camera)));
  page.camera.hidden = all.length < 2;
  choose(camera);
  await frames.load(() => {
    recount();
    update();
  });
  tellOutlook();
}

const showDue = () => askDue(view.camera ?? "").then(setDue, () => {}); // asked again in a minute

function keepUp() {
  showDue();
  const look = () => {
    if (document.hidden || isPlaying()) return;
    refresh().catch(() => {}); // asked again in a minute
    showDue();
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  setInterval(look, NEWS_MS);
}

/** Until all is there: a server that can't be reached now may be so in a moment. */
async function start() {
  // Frames of a clock in doubt are not shown: this may end the doubt. An archive without that address has none.
  askClock().catch(() => {});
  await load().then(keepUp, (error) => {
    note(error.message);
    setTimeout(start, AGAIN_MS);
  });
}

start();
