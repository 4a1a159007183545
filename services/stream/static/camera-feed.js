/*
 * <camera-feed camera="camera_1"></camera-feed>: a camera's live picture that heals itself, for any page.
 * docs/camera-feed.md says what it takes and tells. It needs nothing but this file.
 *
 * A Feed is the element. It gets its pictures through a transport, of which there are four, best first: a WebSocket
 * shared by the page's feeds, the stream read by fetch, an <img>, single pictures. It takes the first that works.
 */

const HOME = new URL(".", import.meta.url).href;
const STALL_MS = 3_000; // the server repeats a still picture every second
const FIRST_PICTURE_MS = 6_000;
const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const REFUSED_WAIT_MS = 2_000;
const STEADY_MS = 5_000; // by then the back-off starts anew
const HIDDEN_GRACE_MS = 5_000; // a glance at another tab costs no connection
const MOVE_GRACE_MS = 100; // an element that is moved is taken out and put in again
const EMPTY_SOCKET_MS = 300;
const FIRST_UPGRADE_MS = 10_000;
const LONGEST_UPGRADE_MS = 300_000;
const DEVICES_MS = 30_000;
const ANSWER_MS = 5_000;
const CLOCK_MS = 30_000;
const PLAUSIBLE_MS = 10_000;
const RENEW_IMAGE_MS = 600_000;
const MAX_CAMERAS = 64; // on a socket
const MAX_STREAMS = 4; // of the six connections that a browser has per host on HTTP/1.1
const REFUSED = 1008;

const HEADLINES = {
  connecting: "Connecting to the camera",
  stalled: "No pictures from the camera",
  offline: "The camera is offline",
  unauthorized: "The camera refused the login",
  frozen: "The camera's picture is frozen",
  disabled: "The camera is switched off",
  removed: "The camera was removed",
  unknown: "Ingest is unreachable",
};
const LOST = "The connection was lost. Connecting again.";
const UNREACHABLE = "The server can't be reached. Trying again.";
const FOREIGN = "The server can't be reached, or does not let this page in: it may need a login, a link or ALLOWED_ORIGINS.";

const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const now = () => performance.now();
const words = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** Why a transport gave up. `isFinal`: no other one will do better. `again`: the same one will. */
class Failure extends Error {
  constructor(reason, { isFinal = false, again = false } = {}) {
    super(reason);
    Object.assign(this, { isFinal, again });
  }
}

/** A Framecast server, as one link (or none) sees it. */
class Server {
  static #known = new Map();
  sockets = new Set();
  suspects = new Set(); // cameras for which a socket may have been closed: each is tried on one of its own
  streams = 0;
  isMultiplexed = false;
  #devices = null;
  #devicesAt = -Infinity;

  static at(base, link) {
    const key = `${base} ${link}`;
    if (!this.#known.has(key)) this.#known.set(key, new Server(base, link));
    return this.#known.get(key);
  }

  constructor(base, link) {
    Object.assign(this, { base, link });
    this.isForeign = new URL(base).origin !== location.origin;
  }

  address(path, query = {}) {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries({ ...query, link: this.link })) if (value) url.searchParams.set(name, value);
    return url.href;
  }

  /** An address of a camera; null is the default one. */
  of(camera, leaf, query) {
    return this.address(camera ? `api/cameras/${encodeURIComponent(camera)}/${leaf}` : `api/camera/${leaf}`, query);
  }

  /** The answer to a GET. Throws a Failure in words. */
  async get(url, signal = AbortSignal.timeout(ANSWER_MS)) {
    let response;
    try {
      response = await fetch(url, { cache: "no-store", credentials: "include", signal });
    } catch (error) {
      throw new Failure(this.isForeign ? FOREIGN : UNREACHABLE, { isFinal: !this.isForeign });
    }
    if (response.ok) return response;
    const { detail } = await response.json().catch(() => ({}));
    let reason = typeof detail === "string" ? detail : `The server answered ${response.status}.`;
    if (response.status === 401 && !this.link) reason = `Not logged in: log in at ${this.base} first, or use a share link.`;
    throw Object.assign(new Failure(reason, { isFinal: true }), { status: response.status });
  }

  async status(camera) {
    return (await this.get(this.of(camera, "stream/status"))).json();
  }

  /** What /api/devices says, asked seldom; none when that can't be had. */
  devices() {
    if (now() - this.#devicesAt > DEVICES_MS) {
      this.#devicesAt = now();
      const url = this.address("api/devices");
      this.#devices = this.get(url).then(async (response) => {
        this.isMultiplexed = !/^$|http\/1/.test(performance.getEntriesByName(url).at(-1)?.nextHopProtocol ?? "");
        return (await response.json()).devices;
      });
      this.#devices = this.#devices.catch(() => []).then((devices) => {
        if (!devices.length) this.#devicesAt = -Infinity;
        return devices;
      });
    }
    return this.#devices;
  }

  /** Whether it answers at all, asked in the one way that every page may. */
  async answers() {
    const image = new Image();
    image.src = this.address("favicon.svg", { t: Date.now() });
    return image.decode().then(() => true, () => false);
  }
}

/** Decodes pictures and hands them over when the browser paints; of those that come meanwhile only the newest. */
class Film {
  heardAt = -Infinity; // when the last one was decoded
  #next = null;
  #isBusy = false;
  #isClosed = false;
  #bitmap = null;

  /** `show` gets the bitmap for the moment; `done` is called once for each picture taken. */
  constructor(show, spoilt, done = () => {}) {
    Object.assign(this, { show, spoilt, done });
  }

  take(source, facts) {
    if (this.#next) this.done();
    this.#next = [source, { receivedAt: Date.now(), ...facts }];
    if (!this.#isBusy) this.#run();
  }

  close() {
    this.#isClosed = true;
    this.#next = null;
    this.#bitmap?.close();
  }

  async #run() {
    this.#isBusy = true;
    while (this.#next && !this.#isClosed) {
      const [source, facts] = this.#next;
      this.#next = null;
      try {
        const bitmap = await createImageBitmap(source);
        this.#bitmap = bitmap;
        this.heardAt = now();
        if (this.#isClosed) bitmap.close();
        else await new Promise(requestAnimationFrame);
        if (!this.#isClosed) this.show(bitmap, facts);
        bitmap.close();
      } catch {
        this.spoilt();
      }
      if (!this.#isClosed) this.done();
    }
    this.#isBusy = false;
  }
}

/** One camera on a socket, for all the feeds that show it: the widest that any of them wants, at the fastest. */
class Watch {
  viewers = new Set();
  isProven = false; // a picture came since it was last asked for
  asked = "";

  constructor(socket, camera) {
    Object.assign(this, { socket, camera });
    const each = (tell) => this.viewers.forEach(tell);
    this.film = new Film(
      (bitmap, facts) => each((viewer) => viewer.feed.show(viewer, bitmap, facts)),
      () => each(({ feed }) => feed.undecodable++),
      () => socket.send({ ack: camera }),
    );
  }

  get wish() {
    const wishes = [...this.viewers].map(({ wish }) => wish);
    const most = (name) => (wishes.every((wish) => wish[name]) ? Math.max(...wishes.map((wish) => wish[name])) : undefined);
    return { width: most("width"), fps: most("fps"), quality: wishes.every(({ quality }) => quality) ? "auto" : undefined };
  }

  agree() {
    const wish = this.wish;
    if (JSON.stringify(wish) === this.asked || !this.socket.send({ watch: this.camera, ...wish })) return;
    this.asked = JSON.stringify(wish);
    this.isProven = false;
  }

  leave(viewer) {
    this.viewers.delete(viewer);
    if (this.viewers.size) this.agree();
    else this.socket.drop(this);
  }
}

/** A WebSocket with the cameras of the page's feeds (docs/websocket.md). */
class FrameSocket {
  watches = new Map();
  #socket;

  /** The watch of a camera on whichever socket has it or has room, joined by `viewer`. */
  static join(server, camera, viewer) {
    let socket = [...server.sockets].find((candidate) => candidate.watches.has(camera));
    if (!server.link && !server.suspects.has(camera)) socket ??= [...server.sockets].find((candidate) => candidate.hasRoom);
    const isNew = !socket;
    socket ??= new FrameSocket(server);
    if (!socket.watches.has(camera)) socket.watches.set(camera, new Watch(socket, camera));
    const watch = socket.watches.get(camera);
    watch.viewers.add(viewer);
    if (isNew) socket.#open(watch);
    else watch.agree();
    return watch;
  }

  constructor(server) {
    this.server = server;
    server.sockets.add(this);
  }

  get hasRoom() {
    return this.watches.size < MAX_CAMERAS && ![...this.watches.keys()].some((camera) => this.server.suspects.has(camera));
  }

  #open(watch) {
    watch.asked = JSON.stringify(watch.wish);
    this.#socket = new WebSocket(this.server.of(watch.camera, "ws", watch.wish).replace(/^http/, "ws"));
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.watches.forEach((each) => each.agree());
    this.#socket.onmessage = ({ data }) => this.#take(data);
    this.#socket.onclose = (event) => this.#end(event);
  }

  send(message) {
    const isOpen = this.#socket?.readyState === WebSocket.OPEN;
    if (isOpen) this.#socket.send(JSON.stringify(message));
    return isOpen;
  }

  #take(data) {
    const length = new DataView(data).getUint32(0);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const watch = this.watches.get(header.camera);
    if (!watch) return;
    watch.isProven = true;
    this.server.suspects.delete(header.camera);
    const jpeg = new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" });
    watch.film.take(jpeg, { capturedAt: header.captured_at_ms, isLive: header.live });
  }

  drop(watch) {
    watch.film.close();
    this.watches.delete(watch.camera);
    this.send({ unwatch: watch.camera });
    if (!this.watches.size) setTimeout(() => this.watches.size || this.abandon(), EMPTY_SOCKET_MS);
  }

  /** Nobody is to join it any more. */
  abandon() {
    this.server.sockets.delete(this);
    this.#socket.close();
  }

  /** Refused is the whole socket, for one of its cameras: for one that has had no picture yet. */
  #end({ code, reason }) {
    this.server.sockets.delete(this);
    const isRefused = code === REFUSED;
    const isAlone = this.watches.size === 1;
    for (const watch of [...this.watches.values()]) {
      if (isRefused && !watch.isProven) this.server.suspects.add(watch.camera);
      const failure = isRefused ? new Failure(reason, { isFinal: isAlone, again: !isAlone }) : new Failure(LOST);
      for (const viewer of [...watch.viewers]) viewer.feed.lost(viewer, failure);
    }
  }
}

/** What all transports have: the feed they show to, what it wishes, and when they began. */
class Transport {
  startedAt = now();
  isProven = false;
  isClosed = false;

  constructor(feed, server, camera, wish) {
    Object.assign(this, { feed, server, camera, wish });
    this.film = new Film((bitmap, facts) => feed.show(this, bitmap, facts), () => feed.undecodable++);
  }

  get heardAt() {
    return Math.max(this.startedAt, this.film.heardAt);
  }

  /** Takes a new wish; whether it could. */
  change() {
    return false;
  }

  look() {}

  close() {
    this.isClosed = true;
    this.film.close();
  }

  fail(error) {
    if (!this.isClosed) this.feed.lost(this, error instanceof Failure ? error : new Failure(LOST));
  }
}

class SocketTransport extends Transport {
  name = "websocket";

  start() {
    this.watch = FrameSocket.join(this.server, this.camera, this);
    this.film = this.watch.film;
  }

  change(wish) {
    this.wish = wish;
    this.watch.agree();
    return true;
  }

  close() {
    this.isClosed = true;
    // A socket on which nothing comes is half-open: the next attempt needs a new one.
    if (now() - this.heardAt > STALL_MS) this.watch.socket.abandon();
    this.watch.leave(this);
  }
}

/** Counts itself among the streams of a server, for which a browser has few connections. */
class StreamTransport extends Transport {
  start() {
    if (this.server.streams >= MAX_STREAMS && !this.server.isMultiplexed) throw new Failure("The browser has no connection left.");
    this.server.streams++;
    this.isCounted = true;
    this.begin();
  }

  get url() {
    return this.server.of(this.camera, "stream", this.wish);
  }

  close() {
    if (this.isCounted && !this.isClosed) this.server.streams--;
    super.close();
  }
}

class FetchTransport extends StreamTransport {
  name = "fetch";
  #abort = new AbortController();

  async begin() {
    try {
      const response = await this.server.get(this.url, this.#abort.signal);
      await this.#read(response.body.getReader());
      throw new Failure(LOST);
    } catch (error) {
      this.fail(error);
    }
  }

  async #read(reader) {
    const decoder = new TextDecoder("latin1");
    let rest = new Uint8Array();
    let needed = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const bytes = new Uint8Array(rest.length + value.length);
      bytes.set(rest);
      bytes.set(value, rest.length);
      rest = bytes;
      while (rest.length >= needed) {
        const head = decoder.decode(rest.subarray(0, 1_000));
        const end = head.indexOf("\r\n\r\n") + 4;
        if (end < 4) break;
        const field = (name) => head.slice(0, end).match(new RegExp(`^${name}: *([\\d.]+)`, "im"))?.[1];
        const length = Number(field("Content-Length"));
        if (!length) throw new Failure("The stream can't be read.");
        needed = end + length;
        if (rest.length < needed) break;
        const jpeg = new Blob([rest.subarray(end, needed)], { type: "image/jpeg" });
        this.film.take(jpeg, { capturedAt: field("X-Timestamp") * 1_000 || null, isLive: field("X-Live") !== "0" });
        rest = rest.slice(needed);
        needed = 0;
      }
    }
  }

  close() {
    super.close();
    this.#abort.abort();
  }
}

/** An <img>. A browser tells of its first picture and nothing after it, so the server is asked how it goes. */
class ImageTransport extends StreamTransport {
  name = "img";
  #looks = 0;

  begin() {
    const { image } = this.feed;
    image.onload = () => this.#hear({ isLive: true, capturedAt: null });
    image.onerror = () => this.fail(new Failure(this.server.isForeign ? FOREIGN : UNREACHABLE));
    image.src = this.url;
  }

  async look() {
    if (!this.isProven) return;
    if (!this.feed.image.naturalWidth || now() - this.startedAt > RENEW_IMAGE_MS) return this.fail();
    if (this.#looks++ % 2) return;
    try {
      const status = await this.server.status(this.camera);
      // Nobody is counted: the stream has ended, and no event told.
      if (!status.viewer_count && now() - this.startedAt > STEADY_MS) throw new Failure(LOST);
      const age = status.frame_age_seconds;
      this.#hear({ isLive: status.is_streaming, capturedAt: age === null ? null : Date.now() - age * 1_000 });
    } catch (error) {
      if (error.message !== LOST && (await this.server.answers())) this.#hear({ isLive: true, capturedAt: null });
      else this.fail(error);
    }
  }

  #hear(facts) {
    this.film.heardAt = now();
    if (!this.isClosed) this.feed.show(this, this.feed.image, { receivedAt: Date.now(), ...facts });
  }

  close() {
    super.close();
    this.feed.keepImage();
  }
}

/** Single pictures, one a second. */
class SnapshotTransport extends Transport {
  name = "snapshot";
  #timer;

  async start() {
    const url = this.server.of(this.camera, "snapshot", { t: Date.now() });
    try {
      const response = await this.server.get(url);
      const capturedAt = Date.now() - response.headers.get("X-Frame-Age") * 1_000;
      this.film.take(await response.blob(), { isLive: true, capturedAt: response.headers.has("X-Frame-Age") ? capturedAt : null });
    } catch (error) {
      if (error.status === 503) {
        this.film.heardAt = now();
        if (!this.isClosed) this.feed.miss(this, error.message);
      } else if (error.isFinal) return this.fail(error);
      else await this.#takeByImage(url, error);
    }
    if (!this.isClosed) this.#timer = setTimeout(() => this.start(), 1_000 / Math.min(this.wish.fps ?? 1, 2));
  }

  async #takeByImage(url, error) {
    const image = new Image();
    image.src = url;
    await image.decode().then(
      () => this.isClosed || this.film.take(image, { isLive: true, capturedAt: null }),
      () => this.fail(error),
    );
  }

  change(wish) {
    this.wish = wish;
    return true;
  }

  close() {
    super.close();
    clearTimeout(this.#timer);
  }
}

const TRANSPORTS = { websocket: SocketTransport, fetch: FetchTransport, img: ImageTransport, snapshot: SnapshotTransport };

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; position: relative; overflow: hidden; background: #060808; color: #fff; font: 14px/1.4 system-ui, sans-serif; }
  :host([hidden]), [hidden] { display: none !important; }
  canvas, img { display: block; width: 100%; height: 100%; object-fit: contain; transition: opacity .3s; }
  .dim { opacity: .4; filter: grayscale(.7); }
  p, span { position: absolute; margin: 0; padding: 4px 10px; border-radius: 8px; background: #000b; }
  p { inset: auto auto 8px 8px; max-width: calc(100% - 36px); }
  span { inset: 8px 8px auto auto; font-size: 12px; font-variant-numeric: tabular-nums; }
  div { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`);

const ATTRIBUTES = ["src", "camera", "quality", "fps", "mode", "link", "alt", "paused", "hide-age"];
const feeds = new Set();
let ticker;

const ageWords = (ms) => {
  const [size, unit] = [[3_600e3, "h"], [60e3, "min"], [1e3, "s"]].find(([size]) => ms >= 2 * size) ?? [1e3, "s"];
  return `${(ms / size).toFixed(unit === "s" && ms < 10e3 ? 1 : 0)} ${unit}`;
};

export class CameraFeed extends HTMLElement {
  static observedAttributes = ATTRIBUTES;
  undecodable = 0;
  #internals = this.attachInternals?.();
  #parts;
  #state = "connecting";
  #reason = "";
  #server = null;
  #camera = null;
  #transport = null;
  #ladder = []; // the transports to try yet
  #trial = null; // a better transport, under way while this one plays
  #trialTimer;
  #trialWait = FIRST_UPGRADE_MS;
  #retryTimer;
  #failures = 0;
  #failure = null; // why nothing can be had, until a picture comes
  #trouble = ""; // why the camera gives none, in the server's words
  #isMarked = false; // the canvas holds the server's own picture of that
  #isInView = false;
  #isAway = document.hidden;
  #awayTimer;
  #shown = null; // {capturedAt, receivedAt} of the last live picture
  #quickest = [Infinity, Infinity]; // ms from capture to here, by two clocks: of this half minute, and the one before
  #quickestSince = 0;
  #paintedAt = -Infinity;
  #painted = 0;
  #fps = 0;
  #tickedAt = now();
  #isQueued = false;
  #resizeTimer;
  #views = new IntersectionObserver(([...entries]) => {
    this.#isInView = entries.at(-1).isIntersecting;
    this.#settle();
  }, { rootMargin: "200px" });
  #sizes = new ResizeObserver(() => {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#rewish(), 400);
  });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    const make = (tag, part, properties = {}) => {
      const element = Object.assign(document.createElement(tag), properties);
      if (part) element.setAttribute("part", part);
      root.append(element);
      return element;
    };
    const canvas = make("canvas", "picture", { width: 640, height: 360 });
    canvas.setAttribute("role", "img");
    this.image = make("img", "fallback", { hidden: true });
    const notice = make("p", "notice", { hidden: true, ariaHidden: "true" });
    const age = make("span", "age", { hidden: true });
    const spoken = make("div");
    spoken.setAttribute("role", "status");
    this.#parts = { canvas, notice, age, spoken, pen: canvas.getContext("2d", { alpha: false }) };
  }

  connectedCallback() {
    for (const name of Object.keys(this)) {
      // Set before this class was there, and in its way.
      if (!(name in CameraFeed.prototype)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    feeds.add(this);
    ticker ??= setInterval(() => feeds.forEach((feed) => feed.tick()), 1_000);
    this.#views.observe(this);
    this.#sizes.observe(this);
    this.#settle();
  }

  disconnectedCallback() {
    setTimeout(() => {
      if (this.isConnected) return;
      feeds.delete(this);
      if (!feeds.size) ticker = clearInterval(ticker);
      this.#views.disconnect();
      this.#sizes.disconnect();
      this.#isInView = false;
      clearTimeout(this.#resizeTimer);
      clearTimeout(this.#awayTimer);
      this.#stop();
    }, MOVE_GRACE_MS);
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.isConnected || this.#isQueued) return;
    // A page that sets several is done when its script is.
    this.#isQueued = true;
    queueMicrotask(() => {
      this.#isQueued = false;
      this.#settle();
      this.#rewish();
    });
  }

  get paused() {
    return this.hasAttribute("paused") && this.getAttribute("paused") !== "false";
  }
  set paused(value) {
    this.toggleAttribute("paused", Boolean(value) && value !== "false");
  }
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }
  get state() {
    return this.#state;
  }
  get reason() {
    return this.#reason;
  }
  get transport() {
    return this.#transport?.isProven ? this.#transport.name : null;
  }
  /** Painted a second. To set it is to set the most that is wanted. */
  get fps() {
    return this.#fps;
  }
  set fps(value) {
    this.setAttribute("fps", value);
  }
  get pictureWidth() {
    return this.#parts.canvas.width;
  }
  get pictureHeight() {
    return this.#parts.canvas.height;
  }
  get capturedAt() {
    return this.#shown?.capturedAt ? new Date(this.#shown.capturedAt) : null;
  }

  /**
   * By both clocks if they can be right; else how much longer ago it was than the quickest picture of late took.
   * Where the time of the capture can't be had, since it came.
   */
  get ageMs() {
    if (!this.#shown) return null;
    const { capturedAt, receivedAt } = this.#shown;
    const quickest = Math.min(...this.#quickest);
    const error = quickest >= 0 && quickest < PLAUSIBLE_MS ? 0 : quickest;
    return Math.max(0, Date.now() - (capturedAt ? capturedAt + error : receivedAt));
  }

  // What decides whether it plays.

  get #mayPlay() {
    return this.isConnected && this.#isInView && !this.#isAway && !this.paused;
  }

  /** Plays or gives its connection back, as it may; and anew when it is to show something else. */
  #settle() {
    const link = this.getAttribute("link") ?? "";
    const base = new URL(this.getAttribute("src") ?? HOME, document.baseURI).href.replace(/[^/]*$/, "");
    const mode = Object.hasOwn(TRANSPORTS, this.getAttribute("mode")) ? this.getAttribute("mode") : "auto";
    const source = `${base} ${link} ${this.getAttribute("camera") ?? ""}`;
    if (source !== this.source) this.#forget();
    if (source !== this.source || mode !== this.mode) this.#stop();
    Object.assign(this, { source, mode });
    this.#server = Server.at(base, link);
    if (!this.#mayPlay) this.#stop();
    else if (!this.#transport && !this.#retryTimer) this.#begin();
    this.#update();
  }

  /** The document is hidden or shown again. */
  away(isHidden) {
    clearTimeout(this.#awayTimer);
    const change = () => {
      this.#isAway = isHidden;
      this.#settle();
    };
    if (isHidden) this.#awayTimer = setTimeout(change, HIDDEN_GRACE_MS);
    else change();
  }

  /** A connection may be had now that could not be had before. */
  hurry() {
    if (!this.#mayPlay || (this.#transport && !this.#failure)) return;
    this.#stop();
    this.#begin();
  }

  /** One camera's picture must not pass for another's. */
  #forget() {
    const { canvas } = this.#parts;
    canvas.width = canvas.width;
    this.#shown = this.#failure = null;
    this.#trouble = "";
    this.#isMarked = false;
    this.#failures = 0;
    this.#quickest = [Infinity, Infinity];
  }

  #stop() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#trialTimer);
    this.#retryTimer = null;
    this.#trial?.close();
    this.#transport?.close();
    this.#trial = this.#transport = null;
    this.#run = null;
  }

  // Transports, from the best down.

  #run = null; // the attempt under way, while it asks what there is

  async #begin() {
    const run = (this.#run = {});
    clearTimeout(this.#retryTimer);
    this.#retryTimer = -1;
    const [device, wish] = await this.#wish();
    if (run !== this.#run) return;
    this.#retryTimer = null;
    this.#camera = this.getAttribute("camera") || device?.key || null;
    this.#ladder = this.mode === "auto" ? Object.keys(TRANSPORTS) : [this.mode];
    // A socket is for a camera by its key.
    if (!this.#camera && this.#ladder.length > 1) this.#ladder.shift();
    this.#next(wish);
  }

  #next(wish) {
    const name = this.#ladder.shift();
    this.#transport = new TRANSPORTS[name](this, this.#server, this.#camera, wish);
    this.#startOf(this.#transport);
  }

  #startOf(transport) {
    try {
      transport.start();
    } catch (error) {
      this.lost(transport, error instanceof Failure ? error : new Failure(words(error.message)));
    }
  }

  /** The device if it can be known, and what is wanted of it: a width as wide as the element, or a little less. */
  async #wish() {
    const quality = this.getAttribute("quality") ?? "auto";
    const fps = Number(this.getAttribute("fps")) || (stillness.matches ? 1 : undefined);
    const key = this.getAttribute("camera");
    const isFixed = /^\d+(px)?$/.test(quality);
    const late = new Promise((resolve) => setTimeout(resolve, 1_000, []));
    const devices = (isFixed || quality === "main") && key ? [] : await Promise.race([this.#server.devices(), late]);
    const device = devices.find((one) => (key ? one.key === key : one.is_default));
    if (isFixed) return [device, { width: parseInt(quality, 10), fps }];
    if (quality === "main") return [device, { fps }];
    const { canvas } = this.#parts;
    const { width, height } = this.getBoundingClientRect();
    const ratio = (device?.width ?? canvas.width) / (device?.height ?? canvas.height);
    const needed = (getComputedStyle(canvas).objectFit === "contain" ? Math.min(width, height * ratio || width) : width) * devicePixelRatio;
    const widths = (device?.widths ?? []).filter((offered) => offered < (device.width ?? Infinity)).sort((a, b) => a - b);
    return [device, { width: widths.find((offered) => offered >= needed * 0.9), fps, quality: "auto" }];
  }

  async #rewish() {
    const transport = this.#transport;
    if (!transport) return;
    const [, wish] = await this.#wish();
    if (transport !== this.#transport || JSON.stringify(wish) === JSON.stringify(transport.wish)) return;
    if (transport.change(wish)) return;
    this.#stop();
    this.#begin();
  }

  /** A transport has given up. */
  lost(transport, failure) {
    transport.close();
    if (transport === this.#trial) {
      this.#trial = null;
      return this.#tryBetterLater();
    }
    if (transport !== this.#transport) return;
    this.#transport = null;
    const { isProven, startedAt, wish } = transport;
    if (!isProven && !failure.isFinal && !failure.again && this.#ladder.length) return this.#next(wish);
    clearTimeout(this.#trialTimer);
    if (isProven && now() - startedAt > STEADY_MS) this.#failures = 0;
    if (!isProven && !failure.again) this.#failure = failure;
    const shortest = failure.isFinal ? REFUSED_WAIT_MS : SHORTEST_WAIT_MS;
    const wait = Math.min(LONGEST_WAIT_MS, shortest * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#retryTimer = setTimeout(() => this.#begin(), wait);
    this.#update();
  }

  #tryBetterLater() {
    if (this.mode !== "auto" || this.#transport?.name === "websocket" || !this.#camera) return;
    clearTimeout(this.#trialTimer);
    this.#trialTimer = setTimeout(() => {
      this.#trial = new SocketTransport(this, this.#server, this.#camera, this.#transport.wish);
      this.#startOf(this.#trial);
    }, this.#trialWait);
    this.#trialWait = Math.min(2 * this.#trialWait, LONGEST_UPGRADE_MS);
  }

  // What transports tell.

  /** A picture: a bitmap of the moment, or the <img>. */
  show(transport, picture, { capturedAt, receivedAt, isLive }) {
    if (transport === this.#trial) {
      const worse = this.#transport;
      [this.#transport, this.#trial] = [transport, null];
      worse?.close();
    }
    if (transport !== this.#transport) return;
    const { fps } = transport.wish;
    const isSame = isLive !== this.#isMarked;
    if (fps && isSame && now() - this.#paintedAt < 900 / fps) return; // others of this page want more of them
    if (!transport.isProven) {
      transport.isProven = true;
      this.#tryBetterLater();
    }
    this.#failure = null;
    this.#paintedAt = now();
    this.#painted++;
    this.#paint(picture);
    this.#isMarked = !isLive;
    if (isLive) {
      this.#trouble = "";
      this.#shown = { capturedAt, receivedAt };
      if (capturedAt) this.#clock(receivedAt - capturedAt);
    } else if (!this.#trouble) this.#explain();
    this.#update();
    const { pictureWidth: width, pictureHeight: height } = this;
    this.#tell("picture", { capturedAt: this.capturedAt, width, height });
  }

  /** There is no picture to be had, and the server says why. */
  miss(transport, reason) {
    if (transport !== this.#transport) return;
    transport.isProven = true;
    this.#failure = null;
    this.#trouble = reason;
    this.#update();
  }

  #paint(picture) {
    const { canvas, pen } = this.#parts;
    const isImage = picture === this.image;
    [canvas.hidden, picture.hidden] = [isImage, false];
    const [width, height] = isImage ? [picture.naturalWidth, picture.naturalHeight] : [picture.width, picture.height];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    if (!isImage) pen.drawImage(picture, 0, 0);
  }

  /** The <img> gives its connection back, and leaves its last picture on the canvas. */
  keepImage() {
    const { canvas, pen } = this.#parts;
    if (!this.image.hidden && this.image.naturalWidth) pen.drawImage(this.image, 0, 0, canvas.width, canvas.height);
    this.image.onload = this.image.onerror = null;
    this.image.removeAttribute("src");
    this.image.hidden = true;
    canvas.hidden = false;
  }

  async #explain() {
    this.#trouble = "The camera gives no live picture.";
    const status = await this.#server.status(this.#camera).catch(() => null);
    if (!status || status.is_streaming || !this.#isMarked) return;
    const headline = HEADLINES[status.state] ?? "No live picture";
    this.#trouble = [headline, status.last_error].filter(Boolean).map(words).join(" ");
    this.#update();
  }

  #clock(difference) {
    if (Date.now() - this.#quickestSince > CLOCK_MS) {
      this.#quickest = [Infinity, this.#quickest[0]];
      this.#quickestSince = Date.now();
    }
    this.#quickest[0] = Math.min(this.#quickest[0], difference);
  }

  /** Once a second. */
  tick() {
    const transport = this.#transport;
    const seconds = (now() - this.#tickedAt) / 1_000;
    this.#fps = Math.round((10 * this.#painted) / seconds) / 10;
    this.#painted = 0;
    this.#tickedAt = now();
    if (transport && !document.hidden) {
      transport.look();
      const limit = transport.isProven ? this.#stallMs : FIRST_PICTURE_MS;
      if (now() - transport.heardAt > limit) this.lost(transport, new Failure("No picture has come for a while. Connecting again."));
    }
    this.#update();
    const { spoken, age } = this.#parts;
    const said = this.#state === "live" ? "Live" : this.#notice;
    if (spoken.textContent !== said) spoken.textContent = said;
    age.hidden = this.ageMs === null || this.hasAttribute("hide-age") || this.#isMarked;
    age.textContent = age.hidden ? "" : ageWords(this.ageMs);
  }

  get #stallMs() {
    return Math.max(STALL_MS, 3_000 / (this.#transport?.wish.fps ?? 1));
  }

  // What the element tells.

  get #now() {
    if (this.paused) return ["paused", ""];
    if (this.isConnected && !this.#mayPlay) return ["hidden", ""];
    if (this.#failure) return ["offline", this.#failure.message];
    if (this.#trouble) return ["stale", this.#trouble];
    if (!this.#shown) return ["connecting", ""];
    if (now() - this.#paintedAt > this.#stallMs) return ["stale", "No picture has come for a while. Connecting again."];
    return ["live", ""];
  }

  get #notice() {
    const since = this.#shown && ` Last picture ${new Date(this.#shown.receivedAt).toLocaleTimeString()}.`;
    if (this.#state === "connecting") return "Connecting…";
    if (this.#state === "paused") return `Paused.${since ?? ""}`;
    return this.#reason && this.#reason + (since ?? "");
  }

  #update() {
    const [state, reason] = this.#now;
    const { canvas, notice } = this.#parts;
    const isNew = state !== this.#state;
    if (isNew || reason !== this.#reason) {
      this.#internals?.states?.delete(this.#state);
      [this.#state, this.#reason] = [state, reason];
      this.#internals?.states?.add(state);
      this.#tell("statechange", { state, reason });
      if (isNew && ["live", "stale", "offline"].includes(state)) this.#tell(state, { camera: this.#camera, reason });
    }
    if (this.isConnected && this.dataset.state !== state) this.dataset.state = state;
    const isOld = state === "stale" || state === "offline";
    const text = this.#isMarked && state === "stale" ? "" : this.#notice;
    canvas.classList.toggle("dim", isOld && !this.#isMarked);
    this.image.classList.toggle("dim", isOld && !this.#isMarked);
    notice.hidden = !text || state === "hidden";
    if (notice.textContent !== text) notice.textContent = text;
    const name = this.getAttribute("alt") ?? `Camera ${this.#camera ?? ""}`.trim();
    const label = isOld ? `${name}. ${this.#notice}` : name;
    if (canvas.ariaLabel !== label) canvas.ariaLabel = this.image.alt = label;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

for (const name of ["src", "camera", "quality", "mode", "link", "alt"]) {
  Object.defineProperty(CameraFeed.prototype, name, {
    get() {
      return this.getAttribute(name) ?? "";
    },
    set(value) {
      this.setAttribute(name, value);
    },
  });
}

const each = (tell) => () => feeds.forEach(tell);
document.addEventListener("visibilitychange", each((feed) => feed.away(document.hidden)));
document.addEventListener("resume", each((feed) => feed.hurry()));
addEventListener("online", each((feed) => feed.hurry()));
addEventListener("pageshow", each((feed) => feed.hurry()));
stillness.addEventListener("change", each((feed) => feed.attributeChangedCallback("fps", 0, 1)));

if (!customElements.get("camera-feed")) customElements.define("camera-feed", CameraFeed);
