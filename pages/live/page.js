/*
 * The live page: all cameras side by side, or one of them large. A tile that becomes large keeps its <camera-feed>, so
 * nothing is connected anew. What is here: which camera is large, what the keys and buttons do.
 */

import { setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { keep, kept } from "../shared/kept.js";
import { request } from "../shared/server.js";
import { DAY_MS } from "../shared/time.js";
import { zoomOn } from "../shared/zoom.js";
import * as texts from "../texts.js";
import { watchArchiving } from "./archiving.js";
import { showSnapshot, showSubject } from "./bar.js";
import { summary } from "./description.js";
import { page } from "./elements.js";
import { inOrder, move } from "./order.js";
import { rowHeight } from "./row-height.js";
import { recall, remember, takeDevices, tileOf, tiles } from "./tiles.js";

/** @import { Tile } from "./tile.js" */

const POLL_MS = 2_000;
const ANSWER_MS = 5_000;
const AWAKE_MS = 3_000;
const WAKING_MS = 400;
const SWIPE_PIXELS = 48;
/** Below the grid, in pixels. */
const MARGIN = 26;
const COLUMNS = "framecast-columns";
/** On a screen of this width or less, more than this many tiles share `fps` pictures a second. */
const SPARING = { width: 800, tiles: 4, fps: 24 };
/** Pictures alone, for a screen on a wall. */
const isKiosk = new URLSearchParams(location.search).has("kiosk");
const KIOSK = isKiosk ? "?kiosk" : "";
/** A phone on its side. */
const lying = matchMedia("(orientation: landscape) and (max-height: 500px)");

/** What the archive has of a large camera. @type {Promise<typeof import("../aside/page.js")> | undefined} */
let aside;
/** The key of the camera that is large; the only camera is so without. @type {string | null} */
let chosen = null;
let isReachable = true;
let isAnswered = false;
let isAsking = false;
let isPaused = false;
/** Which setting keeps ingest from starting, in words. */
let refusal = "";
let isFull = false;
let isZoomed = false;
/** When a touch brought the bar back. */
let wokenAt = Number.NEGATIVE_INFINITY;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let polling;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let falling;
/** Where a finger began, while it is the only one. @type {Touch | null} */
let touch = null;

// Cameras

const large = () => tiles.find(({ key }) => key && key === chosen) ?? (tiles.length === 1 ? tiles[0] : null);

/** @param {Tile} tile */
function remove(tile) {
  const hadFocus = tile.item.contains(document.activeElement);
  tile.item.remove();
  if (tile.key === chosen) show(null, "replaceState");
  else if (hadFocus) tiles[0].link.focus();
}

async function poll() {
  clearTimeout(polling);
  polling = setTimeout(poll, POLL_MS);
  if (document.hidden || isAsking) return;
  isAsking = true;
  try {
    const { devices, ...rest } = await request("api/devices", { timeoutMs: ANSWER_MS });
    if (!isReachable) aside?.then(({ latestFrames }) => latestFrames.refresh());
    refusal = rest.refusal ?? "";
    isReachable = true;
    isAnswered = true;
    takeDevices(inOrder(devices)).forEach(remove);
    remember(devices);
  } catch {
    isReachable = false;
  }
  isAsking = false;
  arrange();
}

// Views

/**
 * Makes one camera large, or with null none.
 * @param {string | null} key
 * @param {"pushState" | "replaceState"} [how] the history is to take note
 */
function show(key, how) {
  zoom(0); // of the camera that was large: its pixels go back to the usual
  const last = chosen;
  chosen = key;
  // One step back from whichever camera leads to the grid.
  const isOverGrid = key && (history.state?.isOverGrid || (how === "pushState" && !last));
  if (how)
    history[key && last ? "replaceState" : how](
      { isOverGrid },
      "",
      `./${KIOSK}${key ? `${KIOSK ? "&" : "?"}camera=${key}` : ""}`,
    );
  if (key && !tiles.some((tile) => tile.key === key)) tileOf({ key });
  pause(false);
  scrollTo(0, 0);
  const focused = key ? page.name : tiles.find((tile) => tile.key === last)?.link;
  focused?.focus({ preventScroll: true });
}

function showGrid() {
  if (history.state?.isOverGrid) history.back();
  else if (chosen && tiles.length > 1) show(null, "pushState");
}

/** @param {1 | -1} by */
function step(by) {
  const from = large() ?? tiles.find(({ item }) => item.contains(document.activeElement));
  const place = from ? tiles.indexOf(from) : -1;
  const to = /** @type {Tile} */ (tiles.at((place + by) % tiles.length));
  if (!large()) to.link.focus();
  else if (to !== from) show(to.key, "pushState");
}

/** Brings the page in line with what there is and what is large. */
function arrange() {
  const tile = large();
  page.main.dataset.view = tile ? "large" : "grid";
  // Until it is known whether this is the grid, nothing is shown where it would jump from.
  page.bar.style.visibility = isAnswered || !isReachable ? "" : "hidden";
  page.main.classList.toggle("full", isFull || isKiosk || Boolean(tile && lying.matches));
  const isSparing = !tile && innerWidth <= SPARING.width && tiles.length > SPARING.tiles;
  page.main.toggleAttribute("data-alone", tiles.length < 2);
  for (const each of tiles) each.item.classList.toggle("chosen", each === tile);
  const device = (tile?.device?.state && !isKiosk && tile.device) || null;
  if (device) aside ??= import("../aside/page.js");
  aside?.then(
    ({ latestFrames }) => latestFrames.show(device),
    () => {
      aside = undefined; // loaded at the next look
    },
  );
  update();
  if (tile) return isZoomed || tile.spare(0);
  const { top, width } = page.tiles.getBoundingClientRect();
  const height = innerHeight - top - page.main.scrollTop - scrollY - page.bar.offsetHeight - MARGIN;
  const caption = /** @type {HTMLElement} */ (tiles[0].item.lastElementChild);
  const ratios = tiles.map(({ ratio }) => ratio);
  const isNarrow = page.columns.ariaPressed === "true";
  const row = Math.floor(rowHeight(ratios, width, height, caption.offsetHeight, isNarrow));
  page.tiles.style.setProperty("--row", `${row}px`);
  for (const each of tiles) each.spare(isSparing ? Math.max(1, Math.floor(SPARING.fps / tiles.length)) : 0);
}

/** Writes what is known by now. */
function update() {
  for (const each of tiles) each.update(isReachable);
  const hasNone = isAnswered && !tiles.some(({ device }) => device);
  setText(page.problem, !isReachable ? texts.serverIsTried : refusal || (hasNone ? texts.noCameraYet : ""));
  const tile = large();
  showSubject(tile ?? summary(tiles, isPaused));
  if (!tile) return;
  showSnapshot(tile, isReachable);
  if (!page.details.hidden) aside?.then(({ showDetails }) => showDetails(page.details, tile.feed, tile.device ?? {}));
}

/** @param {boolean} isWanted */
function pause(isWanted) {
  isPaused = isWanted;
  page.main.toggleAttribute("data-paused", isPaused);
  for (const { feed } of tiles) feed.toggleAttribute("paused", isPaused);
  arrange();
}

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (document.fullscreenEnabled) page.main.requestFullscreen();
  else setFull(!isFull); // a phone that fills its screen with videos alone
}

/** @param {boolean} isWanted */
function setFull(isWanted) {
  isFull = isWanted;
  stir();
  arrange();
}

/** Tiles may be narrow, so that a phone has two columns. @param {boolean} isWanted */
function setColumns(isWanted) {
  page.columns.ariaPressed = `${isWanted}`;
  page.main.toggleAttribute("data-narrow", isWanted);
  keep(COLUMNS, isWanted ? "2" : "");
  arrange();
}

/** In full screen the bar goes away while nothing moves. */
function stir() {
  page.main.classList.add("awake");
  clearTimeout(falling);
  falling = setTimeout(() => page.main.classList.remove("awake"), AWAKE_MS);
}

/** For weeks: the screen stays on where the browser allows it, and a new page each day holds nothing of the last. */
function beKiosk() {
  page.main.classList.add("kiosk");
  const stayAwake = () => navigator.wakeLock?.request("screen").catch(() => {}); // asked again when it is seen again
  stayAwake();
  on(window, "visibilitychange", stayAwake);
  const loadedAt = Date.now();
  setInterval(() => {
    if (isReachable && Date.now() - loadedAt > DAY_MS) location.reload();
  }, POLL_MS);
}

// Controls

const ACTS = {
  grid: showGrid,
  previous: () => step(-1),
  next: () => step(1),
  pause: () => pause(!isPaused),
  columns: () => setColumns(page.columns.ariaPressed !== "true"),
  full: toggleFull,
  help: () => page.keys.showModal(),
  info: () => {
    page.details.hidden = !page.details.hidden;
    update();
  },
};
for (const id of /** @type {(keyof typeof ACTS)[]} */ (Object.keys(ACTS))) on(page[id], "click", ACTS[id]);

/** @type {Record<string, () => void>} */
const KEYS = {
  ArrowLeft: ACTS.previous,
  ArrowRight: ACTS.next,
  Escape: () => (isFull ? setFull(false) : showGrid()),
  g: showGrid,
  " ": ACTS.pause,
  f: toggleFull,
  s: () => large() && !page.snapshot.inert && page.snapshot.click(),
  i: () => large() && ACTS.info(),
  "?": ACTS.help,
  "+": () => large() && zoom(2),
  "-": () => zoom(0.5),
  0: () => zoom(0),
};
on(window, "keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || page.keys.open) return;
  if (event.shiftKey && !large() && (key === "ArrowLeft" || key === "ArrowRight")) {
    const place = tiles.findIndex(({ item }) => item.contains(document.activeElement));
    event.preventDefault();
    return move(tiles[place], place + (key === "ArrowLeft" ? -1 : 1));
  }
  // The space bar is a button's own.
  if (key === " " && target instanceof Element && target.matches("button:focus-visible")) return;
  const picked = /^[1-9]$/.test(key) && tiles[Number(key) - 1]?.key;
  if (!picked && !KEYS[key]) return;
  event.preventDefault();
  stir();
  if (!picked) KEYS[key]();
  else if (picked !== chosen) show(picked, "pushState");
});

on(page.tiles, "click", (event) => {
  const tile = tiles.find(({ link }) => link === event.target);
  if (!tile?.key || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(tile.key, "pushState");
});
const zoom = zoomOn(
  page.tiles,
  () => Boolean(large()),
  (scale) => {
    isZoomed = scale > 1;
    const feed = large()?.feed;
    // A part that is enlarged is worth all of the camera's pixels.
    if (isZoomed) feed?.setAttribute("quality", "main");
    else feed?.removeAttribute("quality");
  },
);
on(page.main, "pointerdown", ({ timeStamp }) => {
  if (!page.main.classList.contains("awake")) wokenAt = timeStamp;
});
for (const type of ["pointermove", "pointerdown", "focusin"]) on(page.main, type, stir);
// The touch that brings the bar back presses none of its buttons.
on(
  page.main,
  "click",
  (event) => {
    if (event.timeStamp - wokenAt < WAKING_MS && page.main.classList.contains("full")) event.stopPropagation();
  },
  true,
);

on(
  page.tiles,
  "touchstart",
  ({ touches }) => {
    touch = touches.length === 1 && !isZoomed && visualViewport?.scale === 1 ? touches[0] : null;
  },
  { passive: true },
);
on(page.tiles, "touchend", ({ changedTouches: [end] }) => {
  stir();
  if (!touch || !large()) return;
  const x = end.clientX - touch.clientX;
  const y = end.clientY - touch.clientY;
  if (Math.abs(x) > SWIPE_PIXELS && Math.abs(x) > 2 * Math.abs(y)) step(x < 0 ? 1 : -1);
});

const asked = () => new URLSearchParams(location.search).get("camera");
on(lying, "change", arrange);
on(window, "popstate", () => show(asked()));
on(document, "fullscreenchange", () => setFull(Boolean(document.fullscreenElement)));
on(window, "visibilitychange", poll);
for (const type of ["online", "offline", "pageshow"]) on(window, type, poll);
on(page.tiles, "statechange", update);
new ResizeObserver(arrange).observe(page.main);
on(window, "resize", arrange);

takeDevices(inOrder(recall())).forEach(remove);
show(asked());
setColumns(kept(COLUMNS) === "2");
setInterval(update, 1_000);
if (isKiosk) beKiosk();
else watchArchiving(page.archiving);
