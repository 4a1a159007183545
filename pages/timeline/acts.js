/* What can be done with pictures: play, capture, delete, share. */

import { isConfirmed } from "../forms/forms.js";
import { copyText } from "../shared/copy.js";
import { address, request } from "../shared/server.js";
import { formatInstant } from "../shared/time.js";
import * as texts from "../texts.js";
import { change, fetchAhead, go, hasSmall, loadGaps, loadMissed, note, rank, tellOutlook, update } from "./display.js";
import { page } from "./elements.js";
import { play } from "./play.js";
import { frames, gaps, ids, missed, ranks, recount, shown, timeOf, view } from "./selection.js";
import { LINK_SECONDS } from "./sharing.js";

/** Pictures that are fetched before they are played. */
const FETCHED_AHEAD = 8;

/** Plays the span from the picture that is shown, or from its beginning. */
export function playSpan() {
  const [low, high] = ranks();
  if (rank >= high - 1) go(low);
  play(() => {
    const next = rank + 1;
    const ahead = Array.from({ length: FETCHED_AHEAD }, (_, n) => next + n).filter((each) => each < high);
    if (!ahead.length) return false;
    const isThere = fetchAhead(ahead);
    // Small where the full pictures don't keep up, and waiting where neither does.
    if (isThere || hasSmall(next)) go(next, { isMoving: !isThere });
    return true;
  });
}

/**
 * Does what a button says, once at a time, and says why when it can't.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
export async function act(button, work) {
  button.disabled = true;
  await work().catch((error) => note(error.message));
  button.disabled = false;
}

/** Takes a picture besides those of the slots. */
export async function captureNow() {
  note(texts.capturing);
  const frame = await request("api/camera/frames", { method: "POST", query: { camera: view.camera } });
  if (!frame?.captured_at) return note(frame.detail);
  Object.assign(view, { at: Date.parse(frame.captured_at), daylight: false, hour: null });
  await refresh();
}

/** Deletes the picture that is shown, for good. */
export async function deleteShown() {
  const id = ids[rank];
  const place = shown[rank];
  if (!(await isConfirmed(texts.deletePicture(formatInstant(timeOf(rank)))))) return;
  await request(`api/camera/frames/${id}`, { method: "DELETE" });
  frames.forget(place);
  gaps.forget();
  await refresh();
}

/** Marks the picture that is shown as kept, or takes the mark away. */
export async function toggleKept() {
  const id = ids[rank];
  const method = frames.kept.has(id) ? "DELETE" : "PUT";
  const frame = await request(`api/camera/frames/${id}/kept`, { method });
  frames.kept[frame.kept ? "add" : "delete"](id);
  go(rank, { isMoved: false });
  tellOutlook();
}

/** Looks for what was archived since. */
export async function refresh() {
  await frames.refresh();
  recount();
  update();
  loadGaps(true);
  loadMissed((camera) => missed.refresh(camera));
}

/** @param {string} url @param {string} words to say then */
async function copy(url, words) {
  await copyText(url);
  note(words);
}

/** Copies a link to the picture alone. */
export async function copyPicture() {
  const body = { frame: ids[rank], expires_in_seconds: LINK_SECONDS };
  const { image_url: url, expires_at: until } = await request("api/camera/links", { method: "POST", body });
  await copy(address(url), until ? texts.pictureIsCopiedUntil(formatInstant(until)) : texts.pictureIsCopied);
}

/** Copies the address of the page. */
export const copyView = () => copy(location.href, texts.viewIsCopied);

/** Keeps the picture that is shown beside the next one, or ends that. */
export function compare() {
  change({ with: view.with === null ? timeOf(rank) : null });
  page.compare.ariaPressed = `${view.with !== null}`;
  if (view.with !== null) note(texts.chooseTheOther);
}
