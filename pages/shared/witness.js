/* The browser's clock as a witness: where the server doubts its own, it is told what time it is here. */

import { request } from "./server.js";

const ADDRESS = "api/camera/retention/clock";

/**
 * What the archive says of its clock. A viewer may not tell it the time, which nobody has to know.
 * @returns {Promise<any>}
 */
export async function askClock() {
  const clock = await request(ADDRESS);
  if (!clock.doubt) return clock;
  return request(`${ADDRESS}/witness`, { method: "POST", query: { at: new Date().toISOString() } }).catch(() => clock);
}
