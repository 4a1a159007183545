/* A line to paste, with what only the browser knows in the places that the server has left for it. Knows no page. */

import * as texts from "../texts.js";

/**
 * @typedef {object} Values
 * @property {string} base the server's address, with a slash at its end
 * @property {string} link the end of a share link's address, or empty
 * @property {string} password the viewer's, or empty
 */

/** In an address, and between quotes of a shell. @param {string} password */
const escaped = (password) => encodeURIComponent(password).replaceAll("'", "%27");

/** @param {string} line @param {Values} values */
const filled = (line, { base, link, password }) =>
  line
    .replaceAll("{login}", () => base.replace("//", () => `//viewer:${password}@`))
    .replaceAll("{socket}", base.replace("http", "ws"))
    .replaceAll("{base}", base)
    .replaceAll("{link}", link);

/**
 * What is shown and what is copied, which has the password; or why nothing is copied yet.
 * @param {string} line
 * @param {Values} values
 */
export function fill(line, { base, link, password }) {
  const needsLink = line.includes("{link}") && !link;
  const needsPassword = line.includes("{login}") && !password;
  return {
    shown: filled(line, { base, link: link || texts.placeOfLink, password: texts.placeOfPassword }),
    copied: filled(line, { base, link, password: escaped(password) }),
    lacks: needsLink ? texts.makeALink : needsPassword ? texts.typeThePassword : "",
  };
}
