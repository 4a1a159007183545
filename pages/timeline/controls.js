/* What keys, buttons and fields do. */

import { on } from "../shared/events.js";
import { dayStart } from "../shared/time.js";
import { act, captureNow, compare, copyPicture, copyView, deleteShown, playSpan, toggleKept } from "./acts.js";
import { daysLater, formatHour } from "./dates.js";
import { change, go, rank } from "./display.js";
import { page } from "./elements.js";
import { isPlaying, pause } from "./play.js";
import { ids, nearest, ranks, span, timeOf, view } from "./selection.js";

const spans = [...page.spans.querySelectorAll("input")];

/** @param {1 | -1} by */
const step = (by) => go(Math.min(Math.max(rank + by, 0), ids.length - 1));

/**
 * A day later or earlier at the same time, or as many days as it takes to get to another picture.
 * @param {1 | -1} way
 */
function stepDay(way) {
  let time = timeOf(rank);
  const last = timeOf(way > 0 ? ids.length - 1 : 0);
  let to = rank;
  while ((to - rank) * way <= 0 && (last - time) * way > 0) {
    time = daysLater(time, way);
    to = nearest(time, [0, ids.length]);
  }
  go(to);
}

/** To another span. @param {1 | -1} way */
function turn(way) {
  const offset = (view.at ?? Date.now()) - span()[0];
  const [from, to] = span(way);
  change({ from, to, at: Math.min(from + offset, to - 1) });
}

/** @param {boolean} isLast */
function toEnd(isLast) {
  const [low, high] = ranks();
  if (low < high) go(isLast ? high - 1 : low);
}

function chooseDays() {
  const [first, last] = [page.first.value, page.last.value].sort();
  if (!first) return;
  const from = dayStart(first);
  const to = dayStart(last, 1);
  change({ span: "own", from, to, at: Math.min(Math.max(view.at ?? to, from), to - 1) });
}

const chooseHour = () => change({ hour: page.daily.checked ? Number(page.hour.value) : null });

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const KEYS = {
  ArrowLeft: ({ shiftKey }) => (shiftKey ? stepDay(-1) : step(-1)),
  ArrowRight: ({ shiftKey }) => (shiftKey ? stepDay(1) : step(1)),
  Home: () => toEnd(false),
  End: () => toEnd(true),
  PageUp: () => turn(-1),
  PageDown: () => turn(1),
};

on(window, "keydown", (event) => {
  const { key } = event;
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || rank < 0) return;
  if (target.closest("input:not([type=checkbox]), select, dialog, video")) return;
  if (key === " " ? target.closest("button, a, input, summary") : !KEYS[key]) return;
  event.preventDefault();
  if (key === " ") return page.play.click();
  pause();
  KEYS[key](event);
});

on(page.previous, "click", () => step(-1));
on(page.next, "click", () => step(1));
on(page.play, "click", () => (isPlaying() ? pause() : playSpan()));
on(page.earlier, "click", () => turn(-1));
on(page.later, "click", () => turn(1));
on(page.capture, "click", () => act(page.capture, captureNow));
on(page.delete, "click", () => act(page.delete, deleteShown));
on(page.kept, "click", () => act(page.kept, toggleKept));
on(page.share, "click", copyView);
on(page.picture, "click", () => act(page.picture, copyPicture));
on(page.compare, "click", compare);
on(page.spans, "change", () => change({ span: spans.find((input) => input.checked)?.value }));
on(page.daylight, "change", () => change({ daylight: page.daylight.checked }));
on(page.daily, "change", chooseHour);
on(page.hour, "change", chooseHour);
on(page.first, "change", chooseDays);
on(page.last, "change", chooseDays);
on(page.camera, "change", () => location.assign(`?camera=${page.camera.value}`));

const hours = Array.from({ length: 24 }, (_, hour) => formatHour(hour));
page.hour.append(...hours.map((text, hour) => new Option(text, `${hour}`, false, hour === 12)));
page.compare.ariaPressed = `${view.with !== null}`;
