/* One way of getting pictures for a feed, in use or on trial. */

import { createDecoder } from "./picture-decoder.js";
import { TransportError } from "./server.js";
import * as texts from "./texts.js";
import { now } from "./timing.js";
import { TRANSPORTS } from "./transports.js";

/** @import { Demand } from "./demand.js" */
/** @import { Subscription } from "./frame-socket.js" */
/** @import { Player } from "./player.js" */
/** @import { Server } from "./server.js" */
/** @import { Transport } from "./transports.js" */

/** A page has six connections per host on HTTP/1.1. */
const MAX_STREAMS = 4;

/** Begins with its first moment; `end` gives back all that it took. */
export class Connection {
  startedAt = now();
  /** Whether a picture has come over it. */
  isProven = false;
  /** Where it plays over a socket. @type {Subscription | null} */
  subscription = null;
  decoder = createDecoder([this]);
  #ending = new AbortController();
  /** Aborted when it ends. */
  signal = this.#ending.signal;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Player} player
   * @param {Transport} transport
   * @param {Server} server
   * @param {string} camera
   * @param {Demand} demand
   */
  constructor(player, transport, server, camera, demand) {
    this.player = player;
    this.transport = transport;
    this.server = server;
    this.camera = camera;
    this.demand = demand;
    /** @type {Required<typeof TRANSPORTS>} */ (TRANSPORTS)
      [transport](this)
      .catch((error) => this.fail(error instanceof TransportError ? error : new TransportError(texts.noPicture)));
  }

  get heardAt() {
    return Math.max(this.startedAt, this.decoder.heardAt);
  }

  /** The address of the stream, with one of the page's few connections set aside for it. */
  openStream() {
    const { server } = this;
    if (server.openStreams >= MAX_STREAMS) throw new TransportError(texts.noConnectionLeft);
    server.openStreams++;
    this.onEnd(() => server.openStreams--);
    return server.url(this.camera, "stream", this.demand);
  }

  /** Never goes on where the connection ends meanwhile. @param {number} ms */
  pause(ms) {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms);
    });
  }

  /** @param {() => void} act */
  onEnd(act) {
    this.signal.addEventListener("abort", act);
  }

  end() {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  /** @param {TransportError} error */
  fail(error) {
    if (!this.signal.aborted) this.player.connectionLost(this, error);
  }
}
