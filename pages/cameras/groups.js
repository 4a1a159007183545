/* Which settings stand together. One that is new to this page is among the advanced ones. */

/** @import { Description } from "./setting.js" */

export const GROUPS = /** @type {const} */ ({
  camera: ["name", "enabled"],
  picture: [
    "rotate",
    "flip",
    "crop",
    "privacy_masks",
    "privacy_mask_style",
    "overlay",
    "overlay_place",
    "overlay_size",
    "fps",
    "jpeg_quality",
    "widths",
  ],
  archive: ["capture_interval", "capture_when", "capture_quality", "archive_keep", "archive_max_bytes"],
  connection: ["rtsp_url", "rtsp_username", "rtsp_password", "rtsp_url_small", "rtsp_transport"],
});

/** @param {Description[]} descriptions @returns {[string, Description[]][]} */
export function grouped(descriptions) {
  const left = new Map(descriptions.map((description) => [description.name, description]));
  left.delete("device_key"); // it stays as it was made, and stands below the title
  const groups = Object.entries(GROUPS).map(([group, names]) => {
    const found = names.flatMap((name) => left.get(name) ?? []);
    for (const { name } of found) left.delete(name);
    return /** @type {[string, Description[]]} */ ([group, found]);
  });
  return [...groups, ["advanced", [...left.values()]]];
}
