/* What stands on the cards: of a camera, of a replica of stream, of the archive, of its retention. */

import { make, timeElement } from "../shared/dom.js";
import { faultOf, saidOf } from "../shared/fault.js";
import { DAY_SECONDS, formatLength } from "../shared/lengths.js";
import { formatNumber, formatSize } from "../shared/quantities.js";
import { dayStart, formatDate } from "../shared/time.js";
import * as texts from "../texts.js";

/** @import { Card, Fact } from "./cards.js" */
/** @typedef {any} Answer of the server, as docs/api.md has it */

const DAYS_SHOWN = 5;

/** @param {Answer} camera @returns {Card} */
export function cameraCard(camera) {
  const { key, codec, width, fps, bits_per_second: bits, last_error: error } = camera;
  return {
    key,
    title: camera.name,
    href: `./?camera=${key}`,
    state: camera.state,
    badges: [camera.source === "demo" && texts.demo, camera.is_default && texts.isDefault],
    words: [
      camera.headline,
      camera.state === "unknown" ? texts.lastHeardOf : texts.sinceInstant,
      timeElement(camera.since),
    ],
    advice: [camera.advice, ...camera.notices],
    error: error && faultOf(error),
    facts: [
      [texts.factPicture, width && `${width} × ${camera.height}`],
      [texts.factRate, fps && formatNumber(fps)],
      [texts.factInterval, formatLength(camera.capture_interval_seconds)],
      [texts.viewersLabel, camera.viewer_count],
    ],
    technical: [
      [texts.factKey, make("code", {}, key)],
      [texts.codec, codec?.toUpperCase()],
      [texts.factBitrate, bits && texts.megabits(formatNumber(bits / 1e6))],
      [texts.reconnects, camera.reconnects],
      [texts.factClock, camera.clock_offset_seconds !== null && clockWords(camera.clock_offset_seconds)],
      [texts.said, saidOf(error)],
      [texts.factIngestVersion, camera.ingest_version],
    ],
  };
}

/** @param {number} seconds that the host's clock is ahead of ours */
export function clockWords(seconds) {
  const difference = Math.abs(seconds);
  return difference < 0.1 ? texts.clockAsOurs : texts.clockDiffers(formatNumber(difference), seconds > 0);
}

/** @param {Answer} replica with its `bus` and when it answered, `at` @returns {Card} */
export function replicaCard({ name, bus, at, ...replica }) {
  return {
    key: name,
    title: texts.stream,
    badges: [texts.replica(name)],
    state: bus.is_connected ? "live" : "offline",
    words: [bus.is_connected ? texts.busConnected : texts.busSilent],
    advice: [!bus.is_connected && texts.busAdvice],
    facts: [[texts.viewersLabel, texts.viewersOf(replica.viewer_count, formatNumber(replica.max_viewers))]],
    technical: [
      [texts.factHeardAt, bus.heard_at && timeElement(bus.heard_at, true)],
      [texts.factMalformed, bus.dropped_messages],
      [texts.factBusKeys, bus.has_keys ? texts.on : texts.off],
      [texts.factStartedAt, timeElement(replica.started_at)],
      [texts.factAnsweredAt, timeElement(at, true)],
      [texts.factVersion, replica.version],
    ],
  };
}

/** @param {{ answer?: Answer, error?: string, at?: number }} archive @returns {Card | null} */
export function archiveCard({ answer, error, at = 0 }) {
  if (!answer && !error) return null;
  const state = error ? "offline" : answer.problems.length ? "stalled" : "live";
  return {
    title: texts.archive,
    state,
    error,
    words: [texts.archiveStates[state]],
    advice: error ? [] : [...answer.problems, answer.store_note],
    facts: answer ? archiveFacts(answer) : [],
    technical: answer ? archiveInside(answer, at) : [],
  };
}

/** @param {Answer} archive @returns {Fact[]} */
function archiveFacts(archive) {
  const { bytes, max_bytes: most, oldest_at: oldest, newest_at: newest, free_bytes: free } = archive;
  const { min_free_bytes: minimum } = archive;
  return [
    [texts.factPictures, archive.frames],
    [texts.factSize, bytes !== null && formatSize(bytes)],
    [texts.factAtMost, most && formatSize(most)],
    [texts.factOldest, oldest && timeElement(oldest)],
    [texts.factNewest, newest && timeElement(newest)],
    [texts.factFree, free !== null && formatSize(free)],
    [texts.factStopsBelow, minimum && texts.freeBytes(formatSize(minimum))],
  ];
}

/** @param {Answer} archive @param {number} at @returns {Fact[]} */
function archiveInside(archive, at) {
  return [
    [texts.factDatabase, archive.database === "sqlite" ? "SQLite" : "PostgreSQL"],
    [texts.factMalformed, archive.dropped_messages],
    [texts.factBusKeys, archive.bus_has_keys ? texts.on : texts.off],
    [texts.factAnsweredAt, timeElement(at, true)],
    [texts.factVersion, archive.version],
  ];
}

/**
 * @param {{ answer?: Answer, error?: string }} retention
 * @param {boolean} isTold whether the archive's card says the same error already
 * @returns {Card | null}
 */
export function retentionCard({ answer, error }, isTold) {
  const title = texts.retention;
  if (!answer) return error && !isTold ? { title, state: "offline", error, facts: [] } : null;
  /** @type {Answer[]} */
  const days = answer.days.filter((/** @type {Answer} */ day) => day.frames);
  return {
    title,
    badges: [answer.time_zone],
    words: [days.length ? texts.willGo : texts.nothingGoes],
    advice: [answer.max_bytes && texts.beyondGoesToo(formatSize(answer.max_bytes)), ...answer.unmet_limits],
    facts: [
      ...days.slice(0, DAYS_SHOWN).map(({ date, frames, bytes }) => {
        return /** @type {Fact} */ ([formatDate(dayStart(date)), texts.picturesOfDay(frames, formatSize(bytes))]);
      }),
      [texts.factNextAt, answer.next[0] && timeElement(answer.next[0].goes_at)],
      ...tiersOf(answer.tiers),
      ...ownRulesOf(answer.cameras),
      [
        texts.keptPictures,
        answer.kept_frames && texts.picturesOfDay(answer.kept_frames, formatSize(answer.kept_bytes)),
      ],
    ],
  };
}

/**
 * The rules of the cameras that have some of their own.
 * @param {{ camera: string, keep: string, has_own_keep: boolean, max_bytes: number | null }[]} cameras
 * @returns {[string, string][]}
 */
export function ownRulesOf(cameras) {
  const own = cameras.filter(({ has_own_keep: hasOwn, max_bytes: most }) => hasOwn || most);
  return own.map(({ camera, keep, max_bytes: most }) => [
    texts.ofCamera(camera),
    texts.ownRule(keep, most ? formatSize(most) : ""),
  ]);
}

/**
 * What each tier keeps, and for how long.
 * @param {{ tier: keyof typeof texts.tiers, at?: string | null, age_days: number | null }[]} tiers
 * @returns {[string, string][]}
 */
export function tiersOf(tiers) {
  const hasManual = tiers.some(({ tier }) => tier === "manual");
  const all = hasManual ? tiers : [...tiers, { tier: /** @type {const} */ ("manual"), age_days: null }];
  return all.map(({ tier, at, age_days: days }) => [
    texts.tiers[tier](at ?? ""),
    days === null ? texts.forEver : texts.forSoLong(formatLength(days * DAY_SECONDS)),
  ]);
}
