/*
 * The page of one camera: live picture, state in words, latest archived frames.
 *
 * The picture is a plain <img> of an endless multipart response. Browsers tell little about one: `load` for the first
 * frame, `error` if the response never begins, and nothing when it ends later (a cut leaves naturalWidth at 0). So
 * the page polls the status and decides by itself when to open the stream again.
 *
 * Every address is relative, so that the page can live under any base path.
 */

const POLL_MS = 2_000;
const FETCH_TIMEOUT_MS = 5_000;
const HIDDEN_GRACE_MS = 5_000; // a glance at another tab costs no reconnection
const LONGEST_WAIT_MS = 15_000; // for a first frame, and between two attempts
const STEADY_MS = 10_000; // by then the server counts this viewer; the back-off starts anew
const RENEW_MS = 3_600_000; // browsers have been seen to grow when an <img> streams for days
const ARCHIVE_MS = 60_000;
const EMPTY_PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));

// Server

function address(path, query = {}) {
  const url = new URL(path.replace(/^\/+/, ""), document.baseURI);
  url.search = new URLSearchParams(query);
  return url.href;
}

/** Throws if there is no answer, or if it is an error and no `otherwise` is given. */
async function getJson(path, query, otherwise) {
  const signal = AbortSignal.timeout?.(FETCH_TIMEOUT_MS);
  const response = await fetch(address(path, query), { cache: "no-store", signal });
  if (response.status === 401) location.reload(); // logged out: instead of the page comes the login page
  if (response.ok) return response.json();
  if (otherwise) return otherwise;
  throw new Error(response.status);
}

// Picture

/** Keeps one <img> on the stream of one camera, and a copy of its last picture on the canvas beneath. */
class Picture {
  key = null; // null while the connection is given back
  stillAt = null; // when the canvas was last drawn
  #url = "";
  #loaded = false;
  #openedAt = 0;
  #checkedAt = 0;
  #retries = 0;
  #retryTimer = null;

  constructor(img, still, changed) {
    Object.assign(this, { img, still, changed });
    img.addEventListener("load", () => this.#onLoad());
    img.addEventListener("error", () => this.key && this.#lose());
  }

  /** Whether the <img> shows frames, as far as a browser lets one know. */
  get isLive() {
    return this.#loaded && this.img.naturalWidth > 0;
  }

  /** True for a moment longer than `isLive`, so that a quick reconnection passes unnoticed. */
  get isFresh() {
    return this.isLive || (this.key !== null && Date.now() - this.stillAt < 2_500);
  }

  get isSteady() {
    return this.isLive && Date.now() - this.#openedAt > STEADY_MS;
  }

  /** Streams the camera `key`; null gives the connection back and keeps the last picture. */
  want(key) {
    if (key === this.key) return;
    if (!key) this.#keepStill();
    this.#loaded = false;
    this.key = key;
    this.#retries = 0;
    this.reopen();
  }

  reopen() {
    this.#keepStill();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#loaded = false;
    this.#openedAt = Date.now();
    // An <img> that is hidden or removed keeps its connection; one that shows something else gives it back.
    this.img.src = this.#url = this.key ? address("api/camera/stream", { camera: this.key, t: this.#openedAt }) : EMPTY_PICTURE;
  }

  /** To be called about once a second: finds what no event tells. */
  check() {
    const now = Date.now();
    const slept = now - this.#checkedAt > 10_000 && this.#openedAt < this.#checkedAt;
    this.#checkedAt = now;
    if (!this.key || this.#retryTimer) return;
    const open = now - this.#openedAt;
    if (slept || open > RENEW_MS) this.reopen();
    else if (this.#loaded ? !this.isLive : open > LONGEST_WAIT_MS) this.#lose();
    else if (this.isSteady) this.#retries = 0;
    this.#keepStill();
  }

  #onLoad() {
    if (!this.key || this.#loaded || this.img.currentSrc !== this.#url) return;
    this.#loaded = true;
    this.#keepStill();
    this.changed();
  }

  #lose() {
    this.#loaded = false;
    clearTimeout(this.#retryTimer);
    const wait = Math.min(1_000 * 2 ** this.#retries++, LONGEST_WAIT_MS);
    // Jitter: the viewers of a server that restarts shouldn't all come back at the same instant.
    this.#retryTimer = setTimeout(() => this.reopen(), wait * (0.75 + Math.random() / 2));
    this.changed();
  }

  #keepStill() {
    if (!this.isLive) return;
    const { naturalWidth: width, naturalHeight: height } = this.img;
    if (this.still.width !== width || this.still.height !== height) Object.assign(this.still, { width, height });
    this.still.getContext("2d").drawImage(this.img, 0, 0);
    this.stillAt = Date.now();
  }
}

// Words

// A title that ends without a stop is followed by "since …".
const STATES = {
  live: ["Live"],
  connecting: ["Connecting…", "Framecast is opening the camera."],
  idle: ["Idle", "The picture is fetched as soon as someone watches."],
  frozen: ["Frozen", "The camera sends the same picture again and again."],
  stalled: ["Stalled", "The camera is connected but sends no new picture."],
  offline: ["Offline", "The camera doesn't answer. Framecast keeps trying."],
  unauthorized: ["No access.", "The camera refused the password. Check CAMERA_RTSP_PASSWORD."],
  disabled: ["Switched off.", "CAMERA_ENABLED is false."],
  unknown: ["State unknown.", "The service that reads the cameras can't be reached."],
};

function momentWords(moment, withSeconds) {
  const date = new Date(moment);
  const time = date.toLocaleTimeString(undefined, { timeStyle: withSeconds ? "medium" : "short" });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.toLocaleDateString(undefined, { month: "short", day: "numeric" })}, ${time}`;
}

const utcWords = (time) => new Date(time).toISOString().slice(0, 19).replace("T", " ");

function durationWords(seconds) {
  if (seconds == null) return "–";
  const [size, unit] = [[3_600, "h"], [60, "min"], [1, "s"]].find(([size]) => seconds >= 2 * size) ?? [0.001, "ms"];
  return `${Math.round(seconds / size)} ${unit}`;
}

/** What the page says: `state` for its colours, `title` and `detail` in words, `notice` on the picture. */
function describe() {
  const { reachable, camera, paused } = model;
  const title = picture.stillAt ? "Reconnecting…" : "Connecting…";
  const waiting = { state: "connecting", title, notice: title };
  if (reachable === null) return waiting;
  if (!reachable) {
    const [title, detail] = ["Can't reach Framecast.", "Retrying…"];
    return { state: "unreachable", title, detail, notice: `${title} ${detail}` };
  }
  if (!camera) return { ...waiting, detail: "No camera has reported yet." };
  if (paused) {
    const detail = picture.stillAt ? `The picture is from ${momentWords(picture.stillAt, true)}.` : "";
    return { state: "paused", title: "Paused.", detail, notice: "Paused" };
  }
  if (picture.isFresh) return cameraWords(camera);
  if (camera.state === "live") return waiting;
  return { ...cameraWords(camera), notice: title };
}

function cameraWords({ state, since }) {
  const [title, advice] = STATES[state] ?? [state];
  const dated = since && /\w$/.test(title) && `since ${momentWords(since)}`;
  return { state, title, detail: [dated, advice].filter(Boolean).join(". ") };
}

// Page

const model = {
  reachable: null, // null until the first answer
  devices: [],
  camera: null, // the chosen device with its newest status
  wantedKey: new URLSearchParams(location.search).get("camera"),
  paused: false,
  away: document.hidden,
};
const replicasMet = new Set();
const picture = new Picture(page.picture, page.still, () => update());

function chooseDevice() {
  const { devices, wantedKey } = model;
  return devices.find(({ key }) => key === wantedKey) ?? devices.find(({ is_default }) => is_default) ?? devices[0] ?? null;
}

/** Brings the picture and the page in line with the model. */
function update() {
  picture.want(model.camera && !model.paused && !model.away ? model.camera.key : null);
  showState();
  showChooser();
  showFacts();
}

// Writes only changes: a live region that is written again is read aloud again.
function setText(id, text) {
  if (page[id].textContent !== text) page[id].textContent = text;
}

function showState() {
  const { state, title, detail = "", notice = "" } = describe();
  const name = model.camera?.name ?? "Camera";
  const isLive = picture.isLive && model.reachable;
  const { player } = page;
  player.dataset.state = state;
  player.dataset.picture = isLive ? "live" : picture.stillAt ? "still" : "none";
  player.toggleAttribute("data-paused", model.paused);
  player.toggleAttribute("data-dim", !model.reachable || (!model.paused && !picture.isFresh));
  setText("name", name);
  setText("title", title);
  setText("detail", detail);
  setText("notice", notice);
  page.picture.alt = `${isLive ? "Live" : "Last"} picture from ${name}`;
  document.title = `${state === "live" ? "" : `${title} – `}${name} – Framecast`;
}

function showChooser() {
  const select = page.camera;
  const options = model.devices.map(({ key, name }) => new Option(name, key));
  const same = options.length === select.length && options.every((option, i) => option.isEqualNode(select[i]));
  if (!same) select.replaceChildren(...options); // while nothing changed it may be open
  select.hidden = options.length < 2;
  if (model.camera) select.value = model.camera.key;
}

function showFacts() {
  const camera = (model.reachable && model.camera) || {};
  const { width, height, fps, last_error: lastError } = camera;
  setText("age", durationWords(camera.frame_age_seconds));
  setText("fps", fps == null ? "–" : `${fps.toFixed(1)} fps`);
  setText("size", width && height ? `${width} × ${height}` : "–");
  setText("viewers", `${camera.viewer_count ?? "–"}`);
  setText("error", lastError ? `Last error: ${lastError}` : "");
  page.demo.hidden = page.hint.hidden = model.camera?.source !== "demo";
  if (width && height) page.player.style.setProperty("--ratio", `${width} / ${height}`);

  const { snapshot } = page;
  snapshot.inert = !["live", "idle"].includes(camera.state); // a download that can only fail isn't offered
  snapshot.href = address("api/camera/snapshot", { camera: camera.key });
  snapshot.download = `${camera.key}_${utcWords(Date.now()).replace(/\W/g, "-")}.jpg`;
}

// Polling

/** Makes a function that runs `task`, and again each time `ms` have passed since. */
function repeating(ms, task) {
  let timer;
  return async function run() {
    await task().catch(console.error);
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  };
}

const poll = repeating(POLL_MS, async () => {
  if (model.away) return;
  try {
    model.devices = (await getJson("api/devices")).devices;
    const device = chooseDevice();
    const status = device ? await getJson("api/camera/stream/status", { camera: device.key }, {}) : {};
    if (chooseDevice() !== device) return; // the viewer picked another one, and a newer poll is under way
    const isForgotten = picture.isSteady && status.viewer_count === 0; // the stream ended, and no event told
    if (isNewServer(status.replica) || isForgotten) picture.reopen();
    if (model.reachable === false) refreshArchive();
    model.reachable = true;
    setCamera(device && { ...device, ...status });
  } catch {
    model.reachable = false;
  }
  update();
});

/** Whether the server was away, or a process answers that wasn't there before. */
function isNewServer(replica) {
  // Behind a load balancer several replicas answer in turn, so only one never met before is news.
  const isStranger = replica && replicasMet.size && !replicasMet.has(replica);
  if (replica) replicasMet.add(replica);
  return isStranger || model.reachable === false;
}

function setCamera(camera) {
  model.camera = camera;
  if (!camera || camera.key === page.archive.dataset.camera) return;
  picture.stillAt = null; // one camera's picture must not pass for another's
  page.archive.dataset.camera = camera.key;
  page.all.href = address("archive", { camera: camera.key });
  page.archive.replaceChildren();
  setText("archive-note", "Loading…");
  refreshArchive();
}

// Archive

const refreshArchive = repeating(ARCHIVE_MS, async () => {
  const { camera, away } = model;
  if (!camera || away) return;
  try {
    const { frames } = await getJson("api/camera/frames", { camera: camera.key, limit: 12 });
    if (model.camera?.key === camera.key) showArchive(frames, camera);
  } catch {
    setText("archive-note", "The archive can't be reached.");
  }
});

function showArchive(frames, camera) {
  const every = `every ${durationWords(camera.capture_interval_seconds)}`;
  setText("interval", `One ${every}`);
  setText("archive-note", frames.length ? "" : `No frame has been archived yet. One is kept ${every}.`);

  // Items that stay are left in place: they keep their loaded image and the keyboard's focus.
  const list = page.archive;
  const leftover = new Map([...list.children].map((item) => [item.dataset.frame, item]));
  frames.forEach((frame, index) => {
    const item = leftover.get(`${frame.id}`) ?? archiveItem(frame, camera);
    leftover.delete(item.dataset.frame);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  leftover.forEach((item) => item.remove());
}

function archiveItem({ id, captured_at: capturedAt, image_url: imageUrl }, camera) {
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const href = address(imageUrl);
  const item = make("li");
  item.dataset.frame = id;
  const link = make("a", { href, target: "_blank", title: `${utcWords(capturedAt)} UTC (opens in a new tab)` });
  link.append(
    // `loading` comes before `src`: after it, the image would already be on its way.
    make("img", { loading: "lazy", alt: `Archived frame of ${camera.name}`, src: href }),
    make("time", { dateTime: capturedAt, textContent: momentWords(capturedAt, camera.capture_interval_seconds < 60) }),
  );
  item.append(link);
  return item;
}

// Controls

function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else page.player.requestFullscreen?.().catch(() => {}); // the browser said no: nothing to add
}

function setAway(away) {
  model.away = away;
  update();
  poll();
  refreshArchive();
}

page.pause.addEventListener("click", () => {
  model.paused = !model.paused;
  update();
});
page.camera.addEventListener("change", ({ target }) => {
  model.wantedKey = target.value;
  history.replaceState(null, "", `?camera=${target.value}`);
  setCamera(chooseDevice());
  update();
  poll();
});
page.fullscreen.hidden = !document.fullscreenEnabled;
page.fullscreen.addEventListener("click", toggleFullscreen);
addEventListener("keydown", (event) => {
  if (event.key !== "f" || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.tagName !== "SELECT") toggleFullscreen(); // there a letter picks an entry
});

let leaving;
document.addEventListener("visibilitychange", () => {
  clearTimeout(leaving);
  if (document.hidden) leaving = setTimeout(setAway, HIDDEN_GRACE_MS, true);
  else if (model.away) setAway(false);
});
addEventListener("online", () => {
  picture.reopen();
  poll();
});
// A page taken back from the browser's history has lost its connections.
addEventListener("pageshow", ({ persisted }) => persisted && picture.reopen());

setInterval(() => {
  picture.check();
  showState();
}, 1_000);
setTimeout(refreshArchive, 5_000); // a fresh installation archives its first frame about now
poll();
