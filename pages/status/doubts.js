/* What keeps retention from deleting, in sentences. Knows no page. */

import { formatSize } from "../shared/quantities.js";
import { formatDate } from "../shared/time.js";
import * as texts from "../texts.js";

/** @typedef {any} Answer of the server, as docs/retention.md has it */

/**
 * A sentence for each button that is of use now, empty for the others.
 * @param {Answer} clock
 * @param {Answer} retention
 */
export function doubtsOf(clock, retention) {
  const { doubt, leftovers } = clock ?? {};
  const left = leftovers && canGo(leftovers) ? leftovers : null;
  const held = retention?.held && !retention.is_clock_in_doubt ? retention.held : 0;
  return {
    right: doubt ? texts.clockInDoubt(`${formatDate(clock.now)}`, doubt.text) : "",
    out: left && !doubt ? [clockLeft(left), left.kept_text].filter(Boolean).join(" ") : "",
    now: held ? texts.heldBack(held, retention.delete_percent) : "",
  };
}

/** @param {Answer} left */
const clockLeft = (left) => texts.clockLeft(left.frames, formatSize(left.bytes), left.gaps, left.cameras.length);

/**
 * Kept frames stay where they are.
 * @param {Answer} left
 */
const canGo = (left) => left.frames > (left.kept ?? 0) || left.gaps || left.cameras.length;
