/* Says once on a page whose times these are, where the browser's clock shows another. The build puts it on each page. */

import * as texts from "../texts.js";
import { make } from "./dom.js";
import { clock, DAY_MS, OWN_ZONE, ZONE } from "./time.js";

/** The browser's zone, where its clock shows another time than the installation's, this half-year or the next. */
function otherZone() {
  const now = Date.now();
  const differs = [now, now + 182 * DAY_MS].some(
    (instant) => clock.reading(instant) - instant !== -new Date(instant).getTimezoneOffset() * 60_000,
  );
  return differs ? OWN_ZONE : "";
}

const other = otherZone();
if (other) document.body.append(make("footer", { className: "zone soft" }, texts.timesAreOf(ZONE, other)));
