/* What the page knows of the cameras: their settings, and how they are. Whoever changes something looks again. */

import { request } from "../shared/server.js";
import { ask, changeCount } from "./asking.js";

/** @import { Description } from "./setting.js" */

/**
 * @typedef {object} SetCamera
 * @property {string} key
 * @property {Record<string, any>} settings
 * @property {boolean} has_password
 * @property {string[]} understood
 *
 * @typedef {object} Answer
 * @property {string} version of the cameras, which each change names
 * @property {boolean} can_change
 * @property {string | null} why_not
 * @property {boolean} can_discover
 * @property {boolean} is_demo
 * @property {SetCamera[]} cameras
 * @property {Description[]} fields
 */

/** @type {{ answer: Answer | null, devices: Map<string, any> }} */
export const state = { answer: null, devices: new Map() };

export async function lookAtDevices() {
  const { devices } = await request("api/devices");
  state.devices = new Map(devices.map((/** @type {{ key: string }} */ device) => [device.key, device]));
}

export async function lookAtCameras() {
  const before = changeCount();
  const answer = await ask();
  if (before === changeCount()) state.answer = answer;
}

/** @param {string} key */
export const cameraOf = (key) => state.answer?.cameras.find((camera) => camera.key === key);

/** @param {string} key */
export const nameOf = (key) => cameraOf(key)?.settings.name ?? key;
