/* <camera-feed camera="camera_1">: a camera's live picture that heals itself, for any page. See docs/camera-feed.md. */

const HOME = new URL(".", import.meta.url).href;
const STALL_MS = 3_000; // the server repeats a still picture every second
const FIRST_MS = 6_000;
const STEADY_MS = 5_000; // by then a connection has proved good; a glance at another tab is shorter
const MINUTE_MS = 60_000;
const LONGEST_WAIT_MS = 15_000;
const MAX_CAMERAS = 64; // on a socket
const MAX_STREAMS = 4; // a page has six connections per host on HTTP/1.1

const LOST = "No picture comes. Connecting again.";
const UNREACHABLE = "The server can't be reached. Trying again.";
const FOREIGN = "The server can't be reached, or wants a login, a link or this page in ALLOWED_ORIGINS.";

const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const now = () => performance.now();
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Why a transport gave up. `isFinal`: no other will do better, `isRefusal`: nor this one soon, `isMishap`: this one will. */
const fault = (reason, kind) => Object.assign(new Error(reason), { isFault: true, ...kind });

const servers = {};

/** A Framecast server, as the holder of a link (or of none) sees it. */
class Server {
  sockets = new Set();
  suspects = new Set(); // cameras that a socket may have been refused for: each gets one of its own
  streams = 0;
  askedAt = -Infinity;

  constructor(base, link) {
    const isFinal = new URL(base).origin === location.origin;
    Object.assign(this, { base, link, silence: fault(isFinal ? UNREACHABLE : FOREIGN, { isFinal }) });
  }

  /** Of a camera by its key; without one of the default camera. */
  url(key, leaf, query) {
    const url = new URL(`api/${key ? `cameras/${key}` : "camera"}/${leaf}`, this.base);
    for (const [name, value] of Object.entries({ ...query, link: this.link })) if (value) url.searchParams.set(name, value);
    return url.href;
  }

  async get(url, signal = AbortSignal.timeout(FIRST_MS)) {
    const response = await fetch(url, { cache: "no-store", credentials: "include", signal }).catch(() => Promise.reject(this.silence));
    const { ok, status } = response;
    if (ok) return response;
    const { detail = `The server answered ${status}.` } = await response.json().catch(() => ({}));
    const reason = status === 401 && !this.link ? `Log in at ${this.base} first, or use a share link.` : detail;
    throw fault(reason, { isFinal: true, isRefusal: true, status });
  }

  json = async (url) => (await this.get(url)).json();
  status = (key) => this.json(this.url(key, "stream/status"));

  /** The cameras, as far as they can be known. */
  devices() {
    if (now() - this.askedAt > MINUTE_MS / 2) {
      this.askedAt = now();
      const none = () => ((this.askedAt = -Infinity), []);
      this.known = this.json(new URL("api/devices", this.base)).then(({ devices: [...all] }) => (all.length ? all : none()), none);
    }
    return this.known;
  }
}

/** Decodes pictures, one at a time, and shows them to all its runs; of those that come meanwhile the newest. */
class Film {
  heardAt = -Infinity; // when the last one was decoded
  #next = null;
  #isBusy = false;
  #owed = 0;
  #pixels = null; // the same for all of a size

  /** `taken` is called once for each picture: when the decoder begins with it, or with a newer one. */
  constructor(runs, taken = () => {}) {
    Object.assign(this, { runs, taken });
  }

  async take(source, capturedAt, isLive = true) {
    this.#next = { source, capturedAt, isLive, receivedAt: Date.now() };
    this.#owed++;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#next) {
      const facts = this.#next;
      this.#next = null;
      for (; this.#owed; this.#owed--) this.taken(); // the next are on their way while this one is decoded
      const picture = await this.#decode(facts.source).catch(() => null);
      if (picture) this.heardAt = now();
      for (const run of this.runs) run.works.show(run, picture, facts);
      picture?.close?.();
    }
    this.#isBusy = false;
  }

  /** Into pixels, where the browser lets us: a bitmap needs a blob, and that goes through another process. */
  #decode(source) {
    const bitmap = () => createImageBitmap(source instanceof Uint8Array ? new Blob([source]) : source);
    return source instanceof Uint8Array && globalThis.ImageDecoder ? this.#decodeBytes(source).catch(bitmap) : bitmap();
  }

  /** The picture of an ImageDecoder could be drawn, but Chromium remembers some hundred that were: half a gigabyte. */
  async #decodeBytes(data) {
    const decoder = new ImageDecoder({ data, type: "image/jpeg" });
    try {
      const { image } = await decoder.decode();
      const { displayWidth: width, displayHeight: height } = image;
      if (this.#pixels?.width !== width || this.#pixels.height !== height) this.#pixels = new ImageData(width, height);
      await image.copyTo(this.#pixels.data, { format: "RGBA" }).finally(() => image.close());
      return this.#pixels;
    } finally {
      decoder.close();
    }
  }
}

/** One camera on a socket, for all runs that show it: as wide as the widest wants, as fast as the fastest. */
class Watch {
  runs = new Set();
  isProven = false; // a picture came since it was last asked for

  constructor(camera) {
    this.camera = camera;
    this.film = new Film(this.runs, () => this.socket.send({ ack: camera }));
  }

  get wish() {
    const wishes = [...this.runs].map(({ wish }) => wish);
    const most = (name) => (wishes.every((wish) => wish[name]) ? Math.max(...wishes.map((wish) => wish[name])) : undefined);
    return { width: most("width"), fps: most("fps"), quality: wishes.every(({ quality }) => quality) ? "auto" : undefined };
  }

  agree() {
    const { camera, wish } = this;
    if (isSame(wish, this.asked) || !this.socket.send({ watch: camera, ...wish })) return;
    this.asked = wish;
    this.isProven = false;
  }

  leave(run) {
    this.runs.delete(run);
    if (this.runs.size) this.agree();
    else this.socket.drop(this.camera);
  }
}

/** A WebSocket with the cameras of all feeds of the page (docs/websocket.md). */
class FrameSocket {
  watches = new Map();
  heardAt = now();
  #socket;

  /** The watch of the run's camera, on the socket that has it or one that has room. */
  static join(run) {
    const { server, camera } = run;
    const sockets = [...server.sockets];
    const mayShare = !server.link && !server.suspects.has(camera);
    const known = sockets.find(({ watches }) => watches.has(camera)) ?? sockets.find(({ hasRoom }) => mayShare && hasRoom);
    const watch = known?.watches.get(camera) ?? new Watch(camera);
    watch.runs.add(run);
    watch.socket = known ?? new FrameSocket(server, watch);
    watch.socket.watches.set(camera, watch);
    watch.agree();
    return watch;
  }

  constructor(server, watch) {
    watch.asked = watch.wish;
    this.#socket = new WebSocket(server.url(watch.camera, "ws", watch.wish).replace(/^http/, "ws"));
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.watches.forEach((each) => each.agree());
    this.#socket.onmessage = ({ data }) => this.#take(data);
    this.#socket.onclose = ({ code, reason }) => this.#end(code === 1008, reason);
    this.server = server;
    server.sockets.add(this);
  }

  get hasRoom() {
    return this.watches.size < MAX_CAMERAS && ![...this.watches.keys()].some((camera) => this.server.suspects.has(camera));
  }

  send(message) {
    const isOpen = this.#socket.readyState === WebSocket.OPEN;
    if (isOpen) this.#socket.send(JSON.stringify(message));
    return isOpen;
  }

  #take(data) {
    this.heardAt = now();
    const start = 4 + new DataView(data).getUint32(0);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, start - 4)));
    const watch = this.watches.get(header.camera);
    if (!watch) return;
    watch.isProven = true;
    this.server.suspects.delete(header.camera);
    watch.film.take(new Uint8Array(data, start), header.captured_at_ms, header.live);
  }

  drop(camera) {
    this.watches.delete(camera);
    this.send({ unwatch: camera });
    const close = () => this.server.sockets.delete(this) && this.#socket.close();
    if (now() - this.heardAt > STALL_MS) close(); // half-open, perhaps: the next attempt needs another
    else setTimeout(() => this.watches.size || close(), 100);
  }

  /** A refusal ends the socket for one of its cameras: one that has had no picture yet. */
  #end(isRefused, reason) {
    this.server.sockets.delete(this);
    const isClear = isRefused && this.watches.size === 1;
    for (const { camera, runs, isProven } of [...this.watches.values()]) {
      if (isRefused && !isProven) this.server.suspects.add(camera);
      for (const run of [...runs]) {
        run.fail(isClear ? fault(reason, { isFinal: true, isRefusal: true }) : fault(LOST, { isMishap: isRefused }));
      }
    }
  }
}

/** One way of getting pictures for a feed, in use or on trial. */
class Run {
  startedAt = now();
  isProven = false;
  #ending = new AbortController();
  signal = this.#ending.signal;

  constructor(works, name, server, camera, wish) {
    Object.assign(this, { works, name, server, camera, wish });
    this.film = new Film([this]);
    TRANSPORTS[name](this).catch((error) => this.fail(error.isFault ? error : fault(LOST)));
  }

  get heardAt() {
    return Math.max(this.startedAt, this.film.heardAt);
  }

  openStream() {
    if (this.server.streams >= MAX_STREAMS) throw fault("The browser has no connection left.");
    this.server.streams++;
    this.onEnd(() => this.server.streams--);
    return this.server.url(this.camera, "stream", this.wish);
  }

  pause = (ms) => new Promise((resolve) => (this.timer = setTimeout(resolve, ms)));
  onEnd = (act) => this.signal.addEventListener("abort", act);
  end = () => this.#ending.abort(clearTimeout(this.timer));
  fail = (failure) => this.signal.aborted || this.works.lost(this, failure);
}

/** The ways to get pictures, best first. Each goes on until its run ends or it throws. */
const TRANSPORTS = {
  async websocket(run) {
    run.watch = FrameSocket.join(run);
    run.film = run.watch.film;
    run.onEnd(() => run.watch.leave(run));
  },

  /** Reads the stream itself and splits it by Content-Length. */
  async fetch(run) {
    const reader = (await run.server.get(run.openStream(), run.signal)).body.getReader();
    let rest = new Uint8Array();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw fault(LOST);
      const before = rest;
      rest = new Uint8Array(before.length + value.length);
      rest.set(before);
      rest.set(value, before.length);
      for (;;) {
        const [head, ...others] = new TextDecoder().decode(rest.subarray(0, 1_000)).split("\r\n\r\n");
        const field = (name) => head.match(new RegExp(`^${name}: *([\\d.]+)`, "im"))?.[1];
        const start = head.length + 4;
        const end = start + Number(field("Content-Length"));
        if (!others.length || rest.length < end) break;
        run.film.take(rest.subarray(start, end), 1_000 * field("X-Timestamp"), field("X-Live") !== "0");
        rest = rest.subarray(end);
      }
    }
  },

  /** A browser tells of the first picture and of nothing after it, so the server is asked how it goes. */
  async img(run) {
    const { works, server, camera } = run;
    const { image } = works;
    const src = run.openStream();
    run.onEnd(works.keepImage);
    await new Promise((onload, reject) => Object.assign(image, { onload, onerror: () => reject(server.silence), src }));
    const isReached = () => loaded(new URL(`favicon.svg?${Date.now()}`, server.base)).then(() => ({}));
    for (let status = {}; image.naturalWidth && now() - run.startedAt < 10 * MINUTE_MS; await run.pause(STALL_MS / 2)) {
      const { is_streaming: isLive = true, frame_age_seconds: age } = status;
      run.film.heardAt = now();
      works.show(run, image, { isLive, capturedAt: age == null ? null : Date.now() - 1_000 * age });
      status = await server.status(camera).catch(isReached);
      if (status.viewer_count === 0 && now() - run.startedAt > STEADY_MS) break; // it has ended, and no event told
    }
    throw fault(LOST);
  },

  async snapshot(run) {
    const { server, film } = run;
    for (; !run.signal.aborted; await run.pause(1_000 / Math.min(run.wish.fps ?? 1, 1))) {
      const url = server.url(run.camera, "snapshot", { t: Date.now() });
      try {
        const response = await server.get(url);
        const age = response.headers.get("X-Frame-Age");
        film.take(await response.blob(), age && Date.now() - 1_000 * age);
      } catch (error) {
        if (error.status === 503) run.works.miss(run, error.message);
        else if (error.isFinal) throw error;
        // Not ours to read, it may yet be shown.
        else film.take(await loaded(url).catch(() => Promise.reject(error)));
      }
    }
  },
};

async function loaded(src) {
  const image = Object.assign(new Image(), { src });
  await image.decode();
  return image;
}

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; position: relative; overflow: hidden; background: #060808; color: #fff; font: 14px/1.4 system-ui, sans-serif; }
  :host([hidden]), [hidden] { display: none !important; }
  canvas, img { display: block; width: 100%; height: 100%; object-fit: contain; transition: opacity .3s; }
  .dim { opacity: .4; filter: grayscale(.7); }
  p { position: absolute; inset: auto auto 0 0; margin: 8px; padding: 3px 9px; border-radius: 8px; background: #000b; }
  [part=age] { inset: 0 0 auto auto; font-size: 12px; font-variant-numeric: tabular-nums; }
  [role=status] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`);

function ageWords(ms) {
  const [size, unit] = [[3_600e3, "h"], [60e3, "min"]].find(([size]) => ms >= 2 * size) ?? [1e3, "s"];
  return `${(ms / size).toFixed(ms < 10e3 ? 1 : 0)} ${unit}`;
}

const feeds = new Set();
let ticker;

/** What drives a feed: when it plays, by which transport, what it paints and says. */
function worksOf(feed) {
  const root = feed.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [STYLE];
  const make = (tag, attributes) => {
    const element = root.appendChild(document.createElement(tag));
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return element;
  };
  const canvas = make("canvas", { part: "picture", role: "img", width: 640, height: 360 });
  const image = make("img", { part: "fallback", hidden: "" });
  const notice = make("p", { part: "notice", hidden: "", "aria-hidden": "true" });
  const age = make("p", { part: "age", hidden: "" });
  const spoken = make("div", { role: "status" });
  const pen = canvas.getContext("2d", { alpha: false });
  const states = CSS.supports("selector(:state(live))") ? feed.attachInternals().states : null;

  let source, server, camera; // the camera's key is not known where the default one can't be asked for
  let isInView, isAway = document.hidden;
  let turn, turnedAt; // set while it plays or tries to
  let run, trial; // the transport in use, and a better one on trial
  let ladder; // those to try yet
  let upgradeMs = 10_000;
  let failures, wasRefused, failure; // why nothing can be had, until a picture comes
  let trouble; // why the camera gives none
  let isMarked; // the server's picture of that is on the canvas
  let shown; // the last live picture
  let askedAt, paintedAt, painted = 0;
  let clockError = 0; // ms that our clock is ahead of the captures'

  const timers = {};
  const later = (name, ms, act) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(act, ms);
  };
  const given = (name) => feed.getAttribute(name) ?? "";
  const name = () => feed.getAttribute("alt") ?? `Camera ${camera ?? ""}`;
  const mayPlay = () => feed.isConnected && isInView && !isAway && !feed.paused;
  const isOnScreen = () => {
    const { top, bottom, left, right, width } = feed.getBoundingClientRect();
    return width && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  };
  const quietMs = () => now() - Math.max(run.heardAt, turnedAt); // a hidden page need hear nothing
  const patienceMs = () => Math.max(STALL_MS, STALL_MS / (run?.wish.fps ?? 1));
  const tell = (type, detail) => feed.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));

  const views = new IntersectionObserver((seen) => settle((isInView = seen.at(-1).isIntersecting)), { rootMargin: "200px" });
  const sizes = new ResizeObserver(() => later("size", 400, rewish));

  /** Plays or gives its connection back, as it may; and begins anew when it is to show something else. */
  function settle() {
    const base = new URL(given("src") || HOME, document.baseURI).href.replace(/[^/]*$/, "");
    const seen = [base, given("link")];
    const wanted = [...seen, given("camera"), given("mode")];
    if (!isSame(wanted, source)) {
      stop();
      source = wanted;
      server = servers[seen] ??= new Server(base, given("link"));
      canvas.width = canvas.width; // one camera's picture must not pass for another's
      shown = failure = trouble = camera = null;
      isMarked = false;
      failures = 0;
      askedAt = paintedAt = -Infinity;
    }
    if (!mayPlay()) stop();
    else if (!turn) {
      turnedAt = now();
      begin();
    }
    update();
  }

  function stop() {
    clearTimeout(timers.retry);
    clearTimeout(timers.upgrade);
    const runs = [run, trial];
    turn = run = trial = null;
    runs.forEach((each) => each?.end());
  }

  async function begin() {
    const own = (turn = {});
    const wish = await wishNow();
    if (own !== turn) return;
    const mode = given("mode");
    ladder = Object.hasOwn(TRANSPORTS, mode) ? [mode] : Object.keys(TRANSPORTS).slice(camera ? 0 : 1);
    next(wish);
  }

  const next = (wish) => (run = new Run(works, ladder.shift(), server, camera, wish));

  /** Of the widths offered the first as wide as the element, or a little less. */
  async function wishNow() {
    const quality = given("quality") || "auto";
    const fps = Number(given("fps")) || (stillness.matches ? 1 : undefined);
    const slow = new Promise((resolve) => setTimeout(resolve, 1_000, []));
    const devices = await Promise.race([server.devices(), slow]);
    const device = devices.find((each) => (given("camera") ? each.key === given("camera") : each.is_default));
    camera = given("camera") || device?.key;
    if (parseInt(quality)) return { width: parseInt(quality), fps };
    if (quality === "main") return { fps };
    const ratio = device?.width ? device.width / device.height : canvas.width / canvas.height;
    const fitting = getComputedStyle(canvas).objectFit === "contain" ? feed.clientHeight * ratio : Infinity;
    const needed = 0.9 * devicePixelRatio * Math.min(feed.clientWidth, fitting);
    const width = device?.widths.sort((one, other) => one - other).find((each) => each >= needed && each < device.width);
    return { width, fps, quality: "auto" };
  }

  async function rewish() {
    const own = run;
    const wish = own && (await wishNow());
    if (!wish || own !== run || isSame(wish, run.wish)) return;
    run.wish = wish;
    if (run.watch) run.watch.agree();
    else if (run.name !== "snapshot") settle(stop());
  }

  /** A connection may be had now that could not be had before. */
  function hurry() {
    if (run?.isProven && quietMs() < STALL_MS / 2) return;
    failures = 0;
    settle(stop());
  }

  /** Another way, or the same from the best down after a while. */
  function lost(own, { message, isFinal, isRefusal, isMishap }) {
    own.end();
    if (own === trial) upgradeLater((trial = null));
    if (own !== run) return;
    trial?.end();
    run = trial = null;
    if (!own.isProven && !isFinal && !isMishap && ladder.length) return next(own.wish);
    clearTimeout(timers.upgrade);
    if (own.isProven && now() - own.startedAt > STEADY_MS) failures = 0;
    if (!own.isProven && !isMishap) failure = message;
    if (isRefusal !== wasRefused) failures = 0; // it is there, at least
    wasRefused = isRefusal;
    const wait = Math.min(LONGEST_WAIT_MS, (isRefusal ? 2_000 : 500) * 2 ** failures++);
    later("retry", wait * (0.5 + Math.random() / 2), begin);
    update();
  }

  function upgradeLater() {
    if (!camera || !run || run.name === "websocket" || run.name === given("mode")) return;
    later("upgrade", upgradeMs, () => (trial = new Run(works, "websocket", server, camera, run.wish)));
    upgradeMs = Math.min(2 * upgradeMs, 5 * MINUTE_MS);
  }

  /** A picture for the moment, or the <img>. */
  function show(own, picture, { capturedAt, receivedAt = Date.now(), isLive }) {
    if (own === trial) {
      [own, run, trial] = [run, trial, null];
      own.end();
      own = run;
    }
    if (own !== run) return;
    if (!picture) return void feed.undecodable++;
    const { fps } = run.wish;
    const isExtra = run.watch && run.watch.wish.fps !== fps && now() - paintedAt < 900 / fps; // another feed's
    if (isExtra && isLive !== isMarked) return;
    prove();
    paintedAt = now();
    painted++;
    canvas.hidden = picture === image;
    image.hidden = picture !== image;
    const { naturalWidth: width = picture.width, naturalHeight: height = picture.height } = picture;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    if (picture instanceof ImageData) pen.putImageData(picture, 0, 0);
    else if (picture !== image) pen.drawImage(picture, 0, 0);
    if (isMarked === isLive || now() - askedAt > MINUTE_MS) ask(isLive);
    isMarked = !isLive;
    if (isLive) {
      trouble = null;
      shown = { capturedAt, receivedAt };
    } else trouble ||= "The camera gives no live picture.";
    update();
    tell("picture", { capturedAt: feed.capturedAt, width, height });
  }

  function prove() {
    failure = null;
    if (!run.isProven) upgradeLater((run.isProven = true));
  }

  /** There is no picture, and the server says why. */
  function miss(own, reason) {
    if (own !== run) return;
    own.film.heardAt = now();
    prove();
    update((trouble = reason));
  }

  /** The <img> gives its connection back and leaves its last picture on the canvas. */
  function keepImage() {
    if (!image.hidden && image.naturalWidth) pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.removeAttribute("src");
    image.hidden = true;
    canvas.hidden = false;
  }

  /** Asks the server why there is no picture, or else how old the newest is by its own measure. */
  async function ask(isLive) {
    askedAt = now();
    const status = await server.status(camera).catch(() => ({}));
    const { state, last_error: error, frame_age_seconds: seconds } = status;
    if (state && !isLive && isMarked) trouble = error || `The camera is ${state}.`;
    if (seconds == null || !isLive || !shown?.capturedAt) return;
    const ahead = Date.now() - 1_000 * seconds - shown.capturedAt;
    clockError = Math.abs(ahead) < 1_000 ? 0 : ahead;
  }

  /** Once a second. */
  function tick() {
    [feed.painted, painted] = [painted, 0];
    const limit = run?.isProven ? patienceMs() : FIRST_MS;
    if (run && !document.hidden && quietMs() > limit) lost(run, fault(LOST));
    update();
    const said = `${name()}: ${feed.state === "live" ? "live" : words()}`;
    if (spoken.textContent !== said) spoken.textContent = said;
    const { ageMs } = feed;
    age.hidden = ageMs === null || isMarked || feed.hasAttribute("hide-age");
    age.textContent = age.hidden ? "" : ageWords(ageMs);
  }

  function standing() {
    if (feed.paused) return ["paused", ""];
    if (isAway || isInView === false) return ["hidden", ""];
    if (failure) return ["offline", failure];
    if (trouble) return ["stale", trouble];
    if (now() - paintedAt < patienceMs()) return ["live", ""];
    return shown && now() - turnedAt > STALL_MS ? ["stale", LOST] : ["connecting", ""];
  }

  function words() {
    const text = { connecting: "Connecting…", paused: "Paused." }[feed.state] ?? feed.reason;
    return shown && text.endsWith(".") ? `${text} Last picture ${new Date(shown.receivedAt).toLocaleTimeString()}.` : text;
  }

  function update() {
    const [state, reason] = standing();
    const before = feed.state;
    const isNew = reason !== feed.reason || state !== before;
    const { width: pictureWidth, height: pictureHeight } = canvas;
    const capturedAt = shown?.capturedAt ? new Date(shown.capturedAt) : null;
    const transport = run?.isProven ? run.name : null;
    Object.assign(feed, { state, reason, transport, capturedAt, clockError, pictureWidth, pictureHeight });
    if (feed.isConnected && feed.dataset.state !== state) feed.dataset.state = state;
    const isOld = state === "stale" || state === "offline";
    for (const each of [canvas, image]) each.classList.toggle("dim", isOld && !isMarked);
    notice.hidden = !words() || (isMarked && state === "stale");
    if (notice.textContent !== words()) notice.textContent = words();
    const label = isOld ? `${name()}. ${words()}` : name();
    if (image.alt !== label) canvas.ariaLabel = image.alt = label;
    if (!isNew) return;
    states?.delete(before);
    states?.add(state);
    tell("statechange", { state, reason });
    if (state !== before && (isOld || state === "live")) tell(state, { camera, reason });
  }

  const works = {
    image, lost, show, miss, keepImage, tick, hurry,

    away(isHidden) {
      later("away", isHidden ? STEADY_MS : 0, () => settle((isAway = isHidden)));
      if (!isHidden) hurry((turnedAt = now()));
    },
    change: () => later("change", 0, () => rewish(settle())),

    enter() {
      feeds.add(works);
      ticker ??= setInterval(() => feeds.forEach((each) => each.tick()), 1_000);
      views.observe(feed);
      sizes.observe(feed);
      if (isOnScreen()) isInView = true; // the observer says so some frames later
      settle();
    },

    /** An element that is moved is taken out and put in again. */
    leave: () =>
      later("leave", 100, () => {
        if (feed.isConnected) return;
        feeds.delete(works);
        if (!feeds.size) ticker = clearInterval(ticker);
        views.disconnect();
        sizes.disconnect();
        settle((isInView = undefined));
        Object.values(timers).forEach(clearTimeout);
      }),
  };
  return works;
}

export class CameraFeed extends HTMLElement {
  static observedAttributes = ["src", "camera", "quality", "fps", "mode", "link", "alt", "paused"];
  state = "connecting";
  reason = "";
  capturedAt = null;
  undecodable = 0;
  painted = 0;
  #works = worksOf(this);

  connectedCallback() {
    this.#works.enter();
  }
  disconnectedCallback() {
    this.#works.leave();
  }
  attributeChangedCallback() {
    this.#works.change();
  }

  get paused() {
    return (this.getAttribute("paused") ?? "false") !== "false";
  }
  set paused(value) {
    this.toggleAttribute("paused", `${value || false}` !== "false");
  }
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }

  /** Painted a second; to set it is to set the most that is wanted. */
  get fps() {
    return this.painted;
  }
  set fps(value) {
    this.setAttribute("fps", value);
  }

  get ageMs() {
    return this.capturedAt && Math.max(0, Date.now() - this.capturedAt - this.clockError);
  }
}

const all = (act) => () => feeds.forEach(act);
document.addEventListener("visibilitychange", all(({ away }) => away(document.hidden)));
addEventListener("online", all(({ hurry }) => hurry()));
addEventListener("pageshow", ({ persisted }) => persisted && all(({ hurry }) => hurry())());
stillness.addEventListener("change", all(({ change }) => change()));

if (!customElements.get("camera-feed")) customElements.define("camera-feed", CameraFeed);
