/* A Framecast server as a feed sees it: its addresses, its answers, and what all feeds of a page share of it. */

import * as texts from "./texts.js";
import { FIRST_MS, MINUTE_MS, now } from "./timing.js";

/** @import { Device } from "./demand.js" */
/** @import { FrameSocket } from "./frame-socket.js" */

/** No picture can be had this way. The message is in words for the viewer. */
export class TransportError extends Error {
  /**
   * @param {string} message
   * @param {object} kind
   * @param {boolean} [kind.isFatal] no other transport will do better
   * @param {boolean} [kind.isRefusal] the server answered and said no, so this one will do no better soon
   * @param {boolean} [kind.isMishap] the same transport will do at the next attempt
   * @param {number} [kind.status] of the HTTP answer
   */
  constructor(message, { isFatal, isRefusal, isMishap, status } = {}) {
    super(message);
    this.isFatal = isFatal;
    this.isRefusal = isRefusal;
    this.isMishap = isMishap;
    this.status = status;
  }
}

/** @type {Map<string, Server>} */
const servers = new Map();

/** A server for the holder of a link, or of none. */
export class Server {
  /** @type {Set<FrameSocket>} */
  sockets = new Set();
  /** Cameras that a socket may have been refused for: each gets one of its own. @type {Set<string>} */
  suspects = new Set();
  /** How many endless answers are being read. */
  openStreams = 0;
  #askedAt = -Infinity;
  /** @type {Promise<Device[]>} */
  #devices = Promise.resolve([]);

  /**
   * The same one for all feeds with this address and link.
   * @param {string} base
   * @param {string} link
   */
  static at(base, link) {
    const key = `${base} ${link}`;
    const server = servers.get(key) ?? new Server(base, link);
    servers.set(key, server);
    return server;
  }

  /** @param {string} base @param {string} link */
  constructor(base, link) {
    this.base = base;
    this.link = link;
    const isFatal = base.startsWith(`${location.origin}/`);
    /** What to say of no answer at all. Of another origin it may be the browser that forbids to read it. */
    this.silence = new TransportError(isFatal ? texts.unreachable : texts.unreachableElsewhere, { isFatal });
  }

  /**
   * An address of a camera by its key; without one, of the default camera.
   * @param {string} key
   * @param {string} leaf
   * @param {Record<string, unknown>} [query] values that are empty are left out
   */
  url(key, leaf, query) {
    const url = new URL(`${this.base}api/${key ? `cameras/${key}` : "camera"}/${leaf}`);
    for (const [name, value] of Object.entries({ ...query, link: this.link })) {
      if (value) url.searchParams.set(name, /** @type {string} */ (value));
    }
    return url.href;
  }

  /**
   * @param {string | URL} url
   * @param {AbortSignal} signal
   * @throws {TransportError}
   */
  async get(url, signal = AbortSignal.timeout(FIRST_MS)) {
    if (globalThis.IS_BARRED) throw this.silence; // the browser would only write an error into the page's console
    const response = await fetch(url, { credentials: "include", signal }).catch(() => {
      throw this.silence;
    });
    const { status } = response;
    if (response.ok) return response;
    const { detail = texts.answered(status) } = await response.json().catch(() => ({}));
    const reason = status === 401 && !this.link ? texts.logIn(this.base) : detail;
    throw new TransportError(reason, { isFatal: true, isRefusal: true, status });
  }

  /** @param {string} key */
  async status(key) {
    return (await this.get(this.url(key, "stream/status"))).json();
  }

  /** The cameras, as far as they can be known: none where the server does not tell, as it does not for a link. */
  devices() {
    if (!this.link && now() - this.#askedAt > MINUTE_MS / 2) {
      this.#askedAt = now();
      this.#devices = this.get(`${this.base}api/devices`)
        .then((response) => response.json())
        .catch(() => ({}))
        .then(({ devices = [] }) => {
          if (!devices.length) this.#askedAt = -Infinity; // they may be known in a moment
          return devices;
        });
    }
    return this.#devices;
  }
}
