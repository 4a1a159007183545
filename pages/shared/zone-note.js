/* Says once on a page whose times these are, where the browser's clock shows another. The build puts it on each page. */

import * as texts from "../texts.js";
import { make } from "./dom.js";
import { otherZone, ZONE } from "./time.js";

const other = otherZone();
if (other) document.body.append(make("footer", { className: "zone soft" }, texts.timesAreOf(ZONE, other)));
