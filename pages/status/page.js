/* The status page: asks stream and the archiver while it is looked at, and writes what changed. */

import { make, setText, timeElement } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { request } from "../shared/server.js";
import { askClock } from "../shared/witness.js";
import * as texts from "../texts.js";
import { showCards, write } from "./cards.js";
import "./check.js";
import { showDoubts } from "./clock.js";
import { page } from "./elements.js";
import { archiveCard, cameraCard, replicaCard, retentionCard } from "./facts.js";
import { problemsOf } from "./problems.js";
import { showRescan } from "./rescan.js";
import { stripsOf } from "./strips.js";

/** @import { Fact } from "./cards.js" */

/**
 * A part of Framecast, and the times of its requests: one in each `looks` looks, the next at `due`. `answer` is its last
 * answer, from the time `at`; `error` is why it does not answer now.
 * @typedef {{ path: string, looks: number, request?: () => Promise<any>, answer?: any, at?: number, error?: string, due?: number }} Part
 */

const LOOK_MS = 1_000;
const NEVER = 9e15;
/** Behind a gateway each answer may be another replica's. One that is silent for this long may be gone. */
const REPLICA_MS = 60_000;

/** By name: what each replica said last. @type {Map<string, any>} */
const replicas = new Map();
/** @type {Part} */
const stream = { path: "api/status", looks: 1 };
/** It reads no rows, and tells at each look whether the archiver answers and what is wrong there. @type {Part} */
const pulse = { path: "api/camera/frames/capturing", looks: 1 };
/** @type {Part} */
const archive = { path: "api/camera/frames/status", looks: 20 };
/** @type {Part} */
const past = { path: "api/camera/frames/history", looks: 60 };
/** @type {Part} */
const retention = { path: "api/camera/retention", looks: 300 };
/** @type {Part} */
const clock = { path: "api/camera/retention/clock", looks: 60, request: askClock };

async function look() {
  if (document.hidden) return;
  // Each answer is shown when it comes: an archive that hangs holds up no camera.
  await Promise.all(
    [stream, pulse, archive, past, retention, clock].map((part) => ask(part).then((isAsked) => isAsked && show())),
  );
  unfold();
}

function show() {
  const { cameras, replica, bus } = stream.answer ?? { cameras: [] };
  if (replica) {
    replicas.set(replica.name, { ...replica, bus, at: stream.at });
  }
  for (const [name, { at }] of replicas) if (Date.now() - at > REPLICA_MS) replicas.delete(name);
  if (pulse.error) {
    archive.error = pulse.error;
    if (archive.due !== NEVER) archive.due = 0; // asked again until it answers
  } else if (pulse.answer && archive.answer) archive.answer.problems = pulse.answer.problems;
  showDoubts(clock.answer, retention.answer, lookAgain);
  showCards(
    page.cameras,
    cameras.map((/** @type {any} */ camera) => ({ ...cameraCard(camera), strips: stripsNow(camera) })),
  );
  showPast();
  const retained = retentionCard(retention, Boolean(archive.error));
  showCards(page.services, [...[...replicas.values()].map(replicaCard), archiveCard(archive), retained]);
  showCards(page.settings, [settingsCard(texts.stream, stream.answer), settingsCard(texts.archiver, archive.answer)]);
  if ([stream, archive].every((part) => part.answer || part.error)) showProblems(cameras);
}

/** While nothing has answered, the strips have their place already, so that nothing jumps. @param {any} camera */
function stripsNow(camera) {
  if (!past.answer) return past.error ? [] : stripsOf(camera, undefined);
  const found = past.answer.cameras.find((/** @type {{ camera: string }} */ each) => each.camera === camera.key);
  if (found) return stripsOf(camera, found);
  // The archive has not heard of a new camera yet.
  if (past.due !== NEVER) past.due = Math.min(past.due ?? 0, (past.at ?? 0) + 5 * LOOK_MS);
  return [];
}

function showPast() {
  page.legend.hidden = Boolean(past.error && !past.answer);
  const at = past.error && past.at ? [texts.asOf, timeElement(past.at)] : [];
  write(page.past, past.error ? [texts.noHistory, ...at] : []);
}

/** Something was done: all of the archive may be other than it was. */
function lookAgain() {
  for (const part of [archive, retention, clock]) part.due = 0;
  look();
}

/**
 * Whether it was asked. What fails is asked again at the next look; what it said before is kept, with its age. What hangs
 * is not asked twice.
 * @param {Part} part
 */
async function ask(part) {
  if (Date.now() < (part.due ?? 0)) return false;
  part.due = NEVER;
  try {
    part.answer = await (part.request ?? (() => request(part.path)))();
    part.at = Date.now();
    part.due = part.at + (part.looks - 0.5) * LOOK_MS;
    part.error = "";
  } catch (error) {
    part.error = /** @type {Error} */ (error).message;
    part.due = 0;
  }
  return true;
}

/** @param {string} title @param {{ settings: Record<string, string> } | undefined} answer */
function settingsCard(title, answer) {
  if (!answer) return null;
  const settings = Object.entries(answer.settings);
  return {
    title,
    facts: settings.map(([name, value]) => /** @type {Fact} */ ([make("code", {}, name), value || "–"])),
  };
}

/** @param {{ ingest_version?: string | null }[]} cameras */
function showProblems(cameras) {
  const services = [...replicas.values(), archive.answer].map((service) => service?.version);
  const problems = problemsOf(stream, archive, [...services, ...cameras.map((camera) => camera.ingest_version)]);
  const count = problems.length;
  page.sum.dataset.state = stream.error ? "offline" : count ? "stalled" : "live";
  setText(page.words, stream.error ? texts.noAnswer : count ? texts.thingsToLookAt(count) : texts.allWell);
  write(
    page.problems,
    problems.map((text) => make("li", {}, text)),
  );
  write(page.asked, stream.at ? [texts.asOf, timeElement(stream.at, true)] : []);
}

/** The answers that come at once are shown together, so that nothing jumps; one that hangs holds up the others this long. */
const unfold = () => page.main.removeAttribute("data-asking");
setTimeout(unfold, 1_000);
setInterval(look, LOOK_MS);
on(window, "visibilitychange", look);
look();
showRescan();
