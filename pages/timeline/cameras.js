/* Which cameras the page offers: those that are configured, and those that only the archive has. Knows no page. */

import * as texts from "../texts.js";

/**
 * A camera as `api/devices` tells of it, as far as this page needs it.
 * @typedef {{ key: string, name: string, is_default?: boolean }} Device
 *
 * A camera as `api/camera/frames/cameras` tells of it.
 * @typedef {{ camera: string, name: string, frames: number, bytes: number, first_at: string | null,
 *   last_at: string | null, configured: boolean, is_changing: boolean }} Archived
 *
 * @typedef {{ key: string, name: string }} Choice
 */

/**
 * The cameras to choose from, those that are configured first.
 * @param {Device[]} devices
 * @param {Archived[]} archived
 * @returns {Choice[]}
 */
export function choicesOf(devices, archived) {
  const known = new Set(devices.map(({ key }) => key));
  const others = archived.filter(({ camera, frames }) => frames && !known.has(camera));
  return [
    ...devices.map(({ key, name }) => ({ key, name })),
    ...others.map(({ camera, name }) => ({ key: camera, name: texts.onlyArchived(name) })),
  ];
}

/**
 * Which of them is shown if nobody says: the default one, or the one with the newest picture.
 * @param {Device[]} devices
 * @param {Archived[]} archived
 * @returns {string | undefined}
 */
export function firstOf(devices, archived) {
  const device = devices.find(({ is_default: isDefault }) => isDefault) ?? devices[0];
  const age = (/** @type {Archived} */ { last_at: at }) => Date.parse(at ?? "") || 0;
  return device?.key ?? archived.toSorted((one, other) => age(other) - age(one)).find(({ frames }) => frames)?.camera;
}
