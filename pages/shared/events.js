/* Listening to events, in one word: the pages do it at many places. */

/** @typedef {HTMLElementEventMap & WindowEventMap & DocumentEventMap} Events */

/**
 * @template {string} Type
 * @param {EventTarget} target
 * @param {Type} type
 * @param {(event: Type extends keyof Events ? Events[Type] : Event) => unknown} act
 * @param {boolean | AddEventListenerOptions} [options]
 */
export const on = (target, type, act, options) =>
  target.addEventListener(type, /** @type {EventListener} */ (act), options);
