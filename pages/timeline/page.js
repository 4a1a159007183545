/* The timeline of one camera's archive: loads it, and looks for what is new. */

import { on } from "../shared/events.js";
import { request } from "../shared/server.js";
import { askClock } from "../shared/witness.js";
import * as texts from "../texts.js";
import { refresh } from "./acts.js";
import { choicesOf, firstOf } from "./cameras.js";
import "./controls.js";
import { note, setDevice, setDue, tellOutlook, update } from "./display.js";
import { askDue } from "./due.js";
import { page } from "./elements.js";
import { isPlaying } from "./play.js";
import { choose, frames, recount, view } from "./selection.js";
import { showArchived } from "./upkeep.js";

const NEWS_MS = 60_000;
const AGAIN_MS = 5_000;

/** @import { Archived, Device } from "./cameras.js" */

async function load() {
  const [reported, kept] = await Promise.allSettled([request("api/devices"), request("api/camera/frames/cameras")]);
  /** @type {Device[]} */
  const devices = reported.status === "fulfilled" ? reported.value.devices : [];
  /** @type {Archived[]} */
  const archived = kept.status === "fulfilled" ? kept.value.cameras : [];
  const camera = view.camera ?? firstOf(devices, archived);
  if (!camera) throw reported.status === "rejected" ? reported.reason : new Error(texts.noCameraHasReported);
  const device = devices.find(({ key }) => key === camera);
  setDevice(device ?? {});
  page.capture.hidden = reported.status === "fulfilled" && !device;
  const all = choicesOf(devices, archived);
  if (!all.some(({ key }) => key === camera)) all.push({ key: camera, name: camera });
  page.camera.replaceChildren(...all.map(({ key, name }) => new Option(name, key, false, key === camera)));
  page.camera.title = page.camera.selectedOptions[0].text; // which may be longer than its room
  page.camera.hidden = all.length < 2;
  showArchived(archived.find((each) => each.camera === camera));
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
    refresh().catch((error) => note(error.message)); // asked again in a minute
    showDue();
  };
  on(window, "visibilitychange", look);
  on(window, "online", look);
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
