/* The stream as it comes over HTTP: parts with a head each (docs/clients.md). Knows bytes alone. */

const LONGEST_HEAD_BYTES = 1_000;

/**
 * A picture as it came: `takenAt` in ms since 1970, NaN where the server does not tell.
 * @typedef {{ jpeg: Uint8Array<ArrayBuffer>, takenAt: number, isLive: boolean }} Part
 */

/**
 * Splits the stream by Content-Length, however its bytes are cut up on the way.
 * @param {() => Promise<{ done: boolean, value?: Uint8Array }>} read as a stream's reader does
 * @returns {AsyncGenerator<Part>} until the stream ends
 */
export async function* partsOf(read) {
  let rest = new Uint8Array();
  for (let next = await read(); next.value; next = await read()) {
    rest = joined(rest, next.value);
    for (;;) {
      const [head, body] = new TextDecoder().decode(rest.subarray(0, LONGEST_HEAD_BYTES)).split("\r\n\r\n", 2);
      const start = head.length + 4;
      const end = start + Number(field(head, "Content-Length"));
      if (body === undefined || !(rest.length >= end)) break;
      const takenAt = 1_000 * Number(field(head, "X-Timestamp"));
      yield { jpeg: rest.subarray(start, end), takenAt, isLive: field(head, "X-Live") !== "0" };
      rest = rest.subarray(end);
    }
  }
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** @param {string} head @param {string} name */
const field = (head, name) => head.match(new RegExp(`^${name}: *([\\d.]+)`, "im"))?.[1];
