/* The check-up: begun by a button. The server finds, and says it in its own words. */

import { make } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { request } from "../shared/server.js";
import { write } from "./cards.js";
import { page } from "./elements.js";

/** @typedef {{ weight: "wrong" | "doubt" | "well", about: string, text: string, advice: string }} Finding */

const { "check-start": start, "check-words": list } = page;

/** @param {Finding} finding */
const item = ({ weight, about, text, advice }) =>
  make("li", { className: weight === "wrong" ? "error" : "" }, make("b", {}, `${about}:`), ` ${text} ${advice}`);

on(start, "click", async () => {
  start.disabled = true;
  try {
    write(list, (await request("api/check", { timeoutMs: 40_000 })).findings.map(item));
  } catch (error) {
    write(list, [make("li", {}, /** @type {Error} */ (error).message)]);
  }
  start.disabled = false;
});
