/* What the pages with forms share. It is a file of its own, so that the live page does not load it. */

export { isConfirmed } from "./confirmation.js";
export { copyButton } from "./copying.js";
export { FieldError, whenSent } from "./sending.js";
