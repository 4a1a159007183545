/* A line to paste, with what only the browser knows in the places that the server has left for it. Knows no page. */

import * as texts from "../texts.js";

/**
 * @typedef {object} Values
 * @property {string} base the server's address, with a slash at its end
 * @property {string} link the end of a share link's address, or empty
 * @property {string} password the viewer's, or empty
 * @property {string} [token] that was made for the line's program
 */

/** In an address, and between quotes of a shell. @param {string} password */
const escaped = (password) => encodeURIComponent(password).replaceAll("'", "%27");

/** Whether a token has a place in the line: as a password, or instead of a link. @param {string} line */
export const takesToken = (line) => /{login}|\?link={link}/.test(line);

/** @param {string} line @param {Values} values */
const filled = (line, { base, link, password }) =>
  line
    .replaceAll("{login}", () => base.replace("//", () => `//viewer:${password}@`))
    .replaceAll("{socket}", base.replace("http", "ws"))
    .replaceAll("{base}", base)
    .replaceAll("{link}", link);

/**
 * What is shown and what is copied, which has the password; or why nothing is copied yet. A token is shown, too: once.
 * @param {string} line
 * @param {Values} values
 */
export function fill(line, { base, link, password, token = "" }) {
  const own = token ? line.replaceAll("?link={link}", `?token=${token}`) : line;
  const needsLink = own.includes("{link}") && !link;
  const needsPassword = own.includes("{login}") && !token && !password;
  return {
    shown: filled(own, { base, link: link || texts.placeOfLink, password: token || texts.placeOfPassword }),
    copied: filled(own, { base, link, password: token || escaped(password) }),
    lacks: needsLink ? texts.makeALink : needsPassword ? texts.typeThePassword : "",
  };
}
