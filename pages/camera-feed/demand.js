/* What a feed asks of the server: how wide and how fast its pictures shall be. */

/**
 * What is missing is the camera's own.
 * @typedef {{ width?: number, fps?: number, quality?: string }} Demand
 *
 * A camera, as `api/devices` tells of it. Its size is null until a picture came; `widths` are the smaller ones that it
 * offers.
 * @typedef {{ key: string, is_default: boolean, width: number, height: number, widths: number[] }} Device
 */

/** @param {unknown} one @param {unknown} other values of JSON */
export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Of the widths offered the first that is wide enough; none where only the camera's own is.
 * @param {Device | undefined} device
 * @param {number} neededWidth in pixels of the screen
 */
export function fittingWidth(device, neededWidth) {
  const { width: fullWidth = 0, widths = [] } = device ?? {};
  return [...widths].sort((one, other) => one - other).find((width) => width >= neededWidth && width < fullWidth);
}

/**
 * @param {string} quality the attribute's value
 * @param {number | undefined} fps
 * @param {() => number | undefined} fitting the width that suits the element
 * @returns {Demand}
 */
export function demandOf(quality, fps, fitting) {
  if (parseInt(quality, 10)) return { width: parseInt(quality, 10), fps };
  if (quality === "main") return { fps };
  return { width: fitting(), fps, quality: "auto" };
}

/**
 * What satisfies all: as wide as the widest, as fast as the fastest.
 * @param {Demand[]} demands
 * @returns {Demand}
 */
export function combined(demands) {
  /** @param {"width" | "fps"} name */
  const most = (name) =>
    demands.every((demand) => demand[name]) ? Math.max(...demands.map((demand) => demand[name] ?? 0)) : undefined;
  const quality = demands.every((demand) => demand.quality) ? "auto" : undefined;
  return { width: most("width"), fps: most("fps"), quality };
}
