/*
 * The live page: all cameras side by side, or one of them large. A tile that becomes large keeps its <camera-feed>, so
 * nothing is connected anew. What is here: which cameras there are, which one is large, and what is said of them.
 */

import { Archive } from "./live-archive.js";
import { Tile, rowHeight } from "./live-tile.js";
import { detailWords, isSending, utcWords } from "./live-words.js";
import { address, make, request, setText } from "./server.js";

const POLL_MS = 2_000;
const MISSES = 2; // a server that has just started names its cameras one by one
const AWAKE_MS = 3_000;
const SWIPE_PIXELS = 48;
const REMEMBERED = "framecast-cameras";

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const archive = new Archive(page.archive);
const blank = page.tiles.children[0].cloneNode(true);
const tiles = [new Tile(page.tiles.children[0])]; // in the order of the cameras
let chosen = null; // the key of the camera that is large; the only camera is so without
let isReachable = true;
let isAnswered = false;
let isPaused = false;

// Cameras

const large = () => tiles.find(({ key }) => key && key === chosen) ?? (tiles.length === 1 ? tiles[0] : null);

function tileOf(device) {
  let tile = tiles.find(({ key }) => key === device.key) ?? tiles.find(({ key }) => !key && device.is_default);
  if (!tile) {
    const item = page.tiles.appendChild(blank.cloneNode(true));
    tiles.push((tile = new Tile(item, device)));
  }
  tile.take(device);
  return tile;
}

function takeDevices(devices) {
  const wanted = devices.map(tileOf);
  const present = tiles.filter((tile) => wanted.includes(tile));
  // Only what is out of order is moved: an element that is loses the focus.
  wanted.forEach((tile, index) => {
    if (present[index] === tile) return;
    present.splice(present.indexOf(tile), 1);
    page.tiles.insertBefore(tile.item, present[index]?.item);
    present.splice(index, 0, tile);
  });
  tiles.sort((one, other) => (one.item.compareDocumentPosition(other.item) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  if (!devices.length) return;
  for (const tile of tiles.filter((one) => !wanted.includes(one))) if (!tile.key || ++tile.missed > MISSES) remove(tile);
}

function remove(tile) {
  const hadFocus = tile.item.contains(document.activeElement);
  tiles.splice(tiles.indexOf(tile), 1);
  tile.item.remove();
  if (tile.key === chosen) show(null, "replaceState");
  else if (hadFocus) tiles[0].link.focus();
}

/** What was there the last time is there at once; what has changed since is put right by the first answer. */
function recall() {
  try {
    const devices = JSON.parse(localStorage.getItem(REMEMBERED));
    takeDevices(devices.map(({ state, ...lasting }) => lasting));
  } catch {} // nothing, or not ours
}

async function poll() {
  clearTimeout(poll.timer);
  poll.timer = setTimeout(poll, POLL_MS);
  if (document.hidden || poll.isUnderWay) return;
  poll.isUnderWay = true;
  try {
    const { devices } = await request("api/devices", { timeoutMs: 5_000 });
    if (!isReachable) archive.refresh();
    isReachable = isAnswered = true;
    takeDevices(devices);
    if (devices.length) localStorage.setItem(REMEMBERED, JSON.stringify(devices));
  } catch {
    isReachable = false;
  }
  poll.isUnderWay = false;
  arrange();
}

// Views

/** Makes one camera large, or with null none; `how` history is to take note, if at all. */
function show(key, how) {
  const last = chosen;
  chosen = key;
  // One step back from whichever camera leads to the grid.
  const isOverGrid = history.state?.isOverGrid || (how === "pushState" && !last);
  if (how) history[key && last ? "replaceState" : how]({ isOverGrid: key && isOverGrid }, "", key ? `?camera=${key}` : "./");
  if (key && !tiles.some((tile) => tile.key === key)) tileOf({ key });
  pause(false);
  scrollTo(0, 0);
  if (key) page.name.focus({ preventScroll: true });
  else tiles.find((tile) => tile.key === last)?.link.focus({ preventScroll: true });
}

function showGrid() {
  if (history.state?.isOverGrid) history.back();
  else if (chosen && tiles.length > 1) show(null, "pushState");
}

function step(by) {
  const from = large() ?? tiles.find(({ item }) => item.contains(document.activeElement));
  const to = tiles.at((tiles.indexOf(from) + by) % tiles.length);
  if (!large()) to.link.focus();
  else if (to !== from) show(to.key, "pushState");
}

/** Brings the page in line with what there is and what is large. */
function arrange() {
  const tile = large();
  page.main.dataset.view = tile ? "large" : "grid";
  page.main.toggleAttribute("data-alone", tiles.length < 2);
  for (const each of tiles) each.item.classList.toggle("chosen", each === tile);
  archive.show(tile?.device?.state ? tile.device : null);
  update();
  if (tile) return;
  const { top, width } = page.tiles.getBoundingClientRect();
  const height = innerHeight - top - page.main.scrollTop - scrollY - page.bar.offsetHeight - 26;
  const row = rowHeight(tiles.map(({ ratio }) => ratio), width, height, tiles[0].item.lastElementChild.offsetHeight);
  page.tiles.style.setProperty("--row", `${Math.floor(row)}px`);
}

function pause(isWanted) {
  isPaused = isWanted;
  page.main.toggleAttribute("data-paused", isPaused);
  for (const { feed } of tiles) feed.toggleAttribute("paused", isPaused);
  arrange();
}

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (document.fullscreenEnabled) page.main.requestFullscreen();
  else setFull(!page.main.classList.contains("full")); // a phone that fills its screen with videos alone
}

function setFull(isFull) {
  page.main.classList.toggle("full", isFull);
  stir();
  arrange();
}

/** In full screen the bar goes away while nothing moves. */
function stir() {
  page.main.classList.add("awake");
  clearTimeout(stir.timer);
  stir.timer = setTimeout(() => page.main.classList.remove("awake"), AWAKE_MS);
}

// Words

function update() {
  for (const tile of tiles) tile.update(isReachable);
  const nobody = isAnswered && !tiles.some(({ device }) => device);
  const reach = "Framecast can't be reached. Check the network, and that the server runs; it is tried again every two seconds.";
  setText(page.problem, !isReachable ? reach : nobody ? "No camera has reported yet. Check that ingest runs." : "");
  const tile = large();
  const { words, name, factWords = "", factTitle = "", device } = tile ?? summary();
  page.bar.dataset.state = words.state;
  setText(page.name, name);
  setText(page.title, words.title);
  setText(page.detail, words.detail);
  setText(page.facts, factWords);
  page.facts.title = factTitle;
  page.demo.hidden = page.hint.hidden = device?.source !== "demo";
  const notes = [...(device?.notices ?? []), isSending(device) && device.last_error && `Last error: ${device.last_error}`];
  setText(page.notes, notes.filter(Boolean).join("\n"));
  document.title = `${["live", "idle"].includes(words.state) ? "" : `${words.title} – `}${name} – Framecast`;
  if (tile) showDetails(tile);
}

function summary() {
  const well = ["live", "idle", "connecting", "disabled"];
  const troubled = tiles.filter(({ words }) => !well.includes(words.state)).map(({ name }) => name);
  const state = isPaused ? "paused" : troubled.length ? "offline" : "live";
  const title = isPaused ? "Paused" : troubled.length ? `${troubled.length} not live` : "All live";
  return { name: `${tiles.length} cameras`, words: { state, title, detail: isPaused ? "" : troubled.join(", ") } };
}

function showDetails({ key, feed, device }) {
  // A download that can only fail isn't offered.
  page.snapshot.inert = !isReachable || !isSending(device);
  page.snapshot.href = address("api/camera/snapshot", { camera: key });
  page.snapshot.download = `${key}_${utcWords(Date.now()).replace(" UTC", "Z").replace(/[ :]/g, "-")}.jpg`;
  page.info.setAttribute("aria-expanded", !page.details.hidden);
  if (page.details.hidden) return;
  const rows = detailWords(feed, device ?? {}).map(([term, value]) => make("div", {}, make("dt", { textContent: term }), make("dd", { textContent: value })));
  page.details.querySelector("dl").replaceChildren(...rows);
}

// Controls

const ACTS = {
  grid: showGrid,
  previous: () => step(-1),
  next: () => step(1),
  pause: () => pause(!isPaused),
  full: toggleFull,
  help: () => page.keys.showModal(),
  info: () => {
    page.details.hidden = !page.details.hidden;
    update();
  },
};
for (const [id, act] of Object.entries(ACTS)) page[id].addEventListener("click", act);

const KEYS = {
  ArrowLeft: ACTS.previous,
  ArrowRight: ACTS.next,
  Escape: () => (page.main.classList.contains("full") ? setFull(false) : showGrid()),
  g: showGrid,
  " ": ACTS.pause,
  f: toggleFull,
  s: () => large() && !page.snapshot.inert && page.snapshot.click(),
  i: () => large() && ACTS.info(),
  "?": ACTS.help,
};
addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || page.keys.open) return;
  if (key === " " && target.matches("button:focus-visible")) return; // the space bar is its own there
  const picked = /^[1-9]$/.test(key) && tiles[key - 1]?.key;
  if (!picked && !KEYS[key]) return;
  event.preventDefault();
  stir();
  if (!picked) KEYS[key]();
  else if (picked !== chosen) show(picked, "pushState");
});

page.tiles.addEventListener("click", (event) => {
  const tile = tiles.find(({ link }) => link === event.target);
  if (!tile?.key || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(tile.key, "pushState");
});
page.tiles.addEventListener("dblclick", () => large() && toggleFull());
page.main.addEventListener("pointermove", stir);

let touch = null;
page.tiles.addEventListener("touchstart", ({ touches }) => (touch = touches.length === 1 && visualViewport.scale === 1 ? touches[0] : null), { passive: true });
page.tiles.addEventListener("touchend", ({ changedTouches: [end] }) => {
  stir();
  if (!touch || !large()) return;
  const [x, y] = [end.clientX - touch.clientX, end.clientY - touch.clientY];
  if (Math.abs(x) > SWIPE_PIXELS && Math.abs(x) > 2 * Math.abs(y)) step(x < 0 ? 1 : -1);
});

const asked = () => new URLSearchParams(location.search).get("camera");
addEventListener("popstate", () => show(asked()));
document.addEventListener("fullscreenchange", () => setFull(Boolean(document.fullscreenElement)));
document.addEventListener("visibilitychange", poll);
for (const type of ["online", "offline", "pageshow"]) addEventListener(type, poll);
page.tiles.addEventListener("statechange", update);
new ResizeObserver(arrange).observe(page.main);
addEventListener("resize", arrange);

recall();
show(asked());
setInterval(update, 1_000);
