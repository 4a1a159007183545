/* How far behind pictures are, by no clock's word: each one's way here, over the shortest way of all. */

/** How much faster one clock may run than the other. */
const DRIFT = 200e-6;
/** A picture that was taken so much before the one before it comes from a clock that was set. */
const BACK_MS = 1_000;

export class Lag {
  /** The shortest way: what our clock said at the arrival, minus what the camera's said. @type {number | null} */
  #least = null;
  #takenAt = 0;
  #arrivedAt = 0;

  /**
   * A picture came. Returns how many ms later it did than the quickest would have.
   * @param {number} takenAt in ms, by the server's clock
   * @param {number} arrivedAt in ms, by a clock of ours that nobody sets
   */
  note(takenAt, arrivedAt) {
    const way = arrivedAt - takenAt;
    if (this.#least === null || takenAt < this.#takenAt - BACK_MS) this.#least = way;
    else this.#least = Math.min(way, this.#least + DRIFT * (arrivedAt - this.#arrivedAt));
    this.#takenAt = takenAt;
    this.#arrivedAt = arrivedAt;
    return way - this.#least;
  }
}
