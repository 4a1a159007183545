/* What is said of logins, tokens and links. Knows no page. */

import * as texts from "../texts.js";

/** The first that fits counts: most browsers name others, too. */
const BROWSERS = /** @type {const} */ ([
  [/Edg/, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser/, "Samsung Internet"],
  [/Firefox|FxiOS/, "Firefox"],
  [/Chrom|CriOS/, "Chrome"],
  [/Safari/, "Safari"],
]);
const SYSTEMS = /** @type {const} */ ([
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
]);

/**
 * A browser in a few words, by what it says of itself.
 * @param {string} agent
 */
export function browserOf(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((known) => known.find(([pattern]) => pattern.test(agent))?.[1]);
  if (browser) return system ? texts.browserOn(browser, system) : browser;
  return agent.split(/[/ ]/)[0] || texts.someBrowser;
}

/**
 * @typedef {{ cameras: string[] | null, archive: boolean }} Scope
 * @typedef {Map<string, string>} Names of cameras, by their keys
 */

/** What a token opens. @param {Scope} scope @param {Names} names */
export function scopeOf({ cameras, archive }, names) {
  const which = cameras?.map((key) => names.get(key) ?? key).join(", ") ?? texts.everyCamera;
  return archive ? texts.withArchive(which) : texts.liveAlone(which);
}

/** What a link opens, by its path. @param {string} path @param {Names} names */
export function subjectOf(path, names) {
  const [kind, id = ""] = path.split("/").slice(-2);
  if (kind === "cameras") return names.get(id) ?? id;
  if (kind === "frames") return texts.linkToPicture(id);
  const key = id.replace(/_\d{8}T.*/, "");
  return texts.linkToLapse(names.get(key) ?? key);
}

/**
 * When a token ends that is made now, ISO 8601; null for none.
 * @param {string} days empty for none
 * @param {number} now ms since 1970
 */
export const endOf = (days, now) => (days ? new Date(now + Number(days) * 86_400_000).toISOString() : null);
