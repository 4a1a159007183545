/*
 * A camera's last 24 hours and 30 days, each as a strip: what the archive kept, where it has gaps and why, and the trouble
 * of now. A strip is one stop of the keyboard: arrow keys go from state to state, a pointer shows the one below it.
 */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { formatRoughly } from "../shared/rough-lengths.js";
import { formatMoment, formatStretch } from "../shared/time.js";
import * as texts from "../texts.js";
import { write } from "./cards.js";

/**
 * Neighbouring hours or days of one state, as `api/camera/frames/history` tells of them.
 * @typedef {{ from: string, to: string, state: string, missing_seconds: number, reason: string | null,
 *   detail: string | null }} Piece
 *
 * What is drawn, in ms since 1970, and what is said of it.
 * @typedef {{ from: number, to: number, look: string, text: string }} Part
 *
 * @typedef {{ key: string, name: string, state: string, since: string, headline: string }} Camera
 */

const NAMES = /** @type {const} */ (["hours", "days"]);
/** @type {Record<string, string>} */
const LOOKS = { whole: "kept", partly: "partly", missing: "gap" };
/** States of a camera in which nothing new is kept: they are drawn from their begin on. */
const TROUBLES = "stalled frozen offline unauthorized unknown";

/** @param {Piece} piece */
function wordsOf({ state, missing_seconds: missing, reason, detail }) {
  /** @type {Record<string, (missing: string, reason: string) => string>} */
  const words = texts.historyStates;
  return words[state](formatRoughly(missing), [reason, detail].filter(Boolean).join(". "));
}

/**
 * The strip with the trouble of now at its end.
 * @param {Piece[]} pieces
 * @param {Omit<Camera, "key" | "name">} camera
 * @returns {Part[]}
 */
export function partsOf(pieces, { state, since, headline }) {
  const parts = pieces.map((piece) => {
    const [from, to] = [Date.parse(piece.from), Date.parse(piece.to)];
    // The present hour is not over.
    const text = `${formatStretch(from, Math.min(to, Math.max(from, Date.now())))}: ${wordsOf(piece)}`;
    return { from, to, look: LOOKS[piece.state] ?? "none", text };
  });
  const look = state === "disabled" ? "none" : TROUBLES.includes(state) && "gap";
  if (!look || !parts.length) return parts;
  const end = parts[parts.length - 1].to;
  const from = Math.min(end - 1, Math.max(parts[0].from, Date.parse(since)));
  return [
    ...parts.filter((part) => part.from < from).map((part) => ({ ...part, to: Math.min(part.to, from) })),
    { from, to: end, look, text: texts.troubleSince(formatMoment(since), headline) },
  ];
}

/**
 * All of a strip in a few words: how much is missing, and the reason for most of it; or the trouble of now, before anything
 * is missing.
 * @param {Piece[]} pieces
 * @param {Part} last of the strip
 */
export function summaryOf(pieces, last) {
  const missing = pieces.reduce((sum, piece) => sum + piece.missing_seconds, 0);
  if (!missing && last.look === "gap") return last.text;
  if (!missing) return wordsOf(pieces.find(({ state }) => state === "whole") ?? pieces[pieces.length - 1]);
  const worst = pieces.reduce((one, other) => (other.missing_seconds > one.missing_seconds ? other : one));
  return texts.mostlyMissing(formatRoughly(missing), `${worst.reason}`);
}

/** One strip, which stays. @param {typeof NAMES[number]} name */
function makeStrip(name) {
  /** @type {Part[]} */
  let parts = [];
  let place = 0;
  const words = make("p", { className: "soft" });
  const bar = make("div", { className: "strip", role: "slider", tabIndex: 0, ariaValueMin: "1" });
  const peek = make("p", { className: "peek", ariaHidden: "true", hidden: true });

  /** @param {number} to where there is no such one, the last */
  function go(to) {
    place = Math.min(Math.max(0, to), parts.length - 1);
    const text = parts[place]?.text ?? "";
    Object.assign(bar, { ariaValueMax: `${parts.length}`, ariaValueNow: `${place + 1}`, ariaValueText: text });
    setText(peek, text);
  }

  on(bar, "keydown", (event) => {
    /** @type {Record<string, number>} */
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: parts.length };
    if (to[event.key] === undefined) return;
    event.preventDefault();
    go(to[event.key]);
  });
  for (const type of ["pointermove", "pointerdown", "focus", "pointerleave", "blur"]) {
    on(bar, type, ({ target }) => {
      if (type === "pointerdown") bar.focus(); // a tap leaves the words there
      if (target !== bar) go([...bar.children].indexOf(/** @type {Element} */ (target)));
      const isOver = type !== "blur" && type !== "pointerleave";
      peek.hidden = !isOver && (type === "blur" || document.activeElement !== bar);
    });
  }
  return {
    element: make("div", {}, words, bar, peek),
    /** @param {Piece[]} pieces @param {Camera} camera */
    show(pieces, camera) {
      const wasLast = place >= parts.length - 1;
      const title = texts.stripNames[name];
      parts = partsOf(pieces, camera);
      setText(words, title + (pieces.length ? `: ${summaryOf(pieces, parts[parts.length - 1])}` : ""));
      bar.ariaLabel = texts.stripOf(title, camera.name);
      write(
        bar,
        parts.map(({ from, to, look }) => {
          const span = make("i", { dataset: { look } });
          span.style.flexGrow = `${to - from}`;
          return span;
        }),
      );
      go(wasLast ? parts.length : place);
    },
  };
}

/** By the camera's key: they stay, so that the focus does. @type {Map<string, Record<string, ReturnType<typeof makeStrip>>>} */
const strips = new Map();

/**
 * @param {Camera} camera
 * @param {Record<typeof NAMES[number], Piece[]> | undefined} history none yet: the strips are empty
 * @returns {HTMLElement[]}
 */
export function stripsOf(camera, history) {
  const some = strips.get(camera.key) ?? { hours: makeStrip("hours"), days: makeStrip("days") };
  strips.set(camera.key, some);
  return NAMES.map((name) => {
    some[name].show(history?.[name] ?? [], camera);
    return some[name].element;
  });
}
