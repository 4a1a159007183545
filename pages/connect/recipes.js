/* What to paste where: for each program its lines, with this server's own address. Knows no page. */

import * as texts from "../texts.js";

// MJPEG has no times, and FFmpeg would take every stream for one of 25 pictures a second.
const CLOCK = "go2rtc:\n  ffmpeg:\n    clock: -use_wallclock_as_timestamps 1 -i {input}\n";

/**
 * @typedef {object} Place
 * @property {string} key of the camera
 * @property {string} name of the camera
 * @property {(path: string) => string} address of a path on this server
 * @property {string | null} link the end of a share link's address; null where there is no password
 *
 * @typedef {[title: string, about: string, lines: [name: string, value: string][]]} Recipe
 */

/**
 * @param {Place} place
 * @returns {Recipe[]}
 */
export function recipesFor({ key, name, address, link }) {
  const [stream, picture, socket] = ["stream", "snapshot", "ws"].map((leaf) => address(`api/cameras/${key}/${leaf}`));
  const isGuarded = link !== null;
  const signed = (/** @type {string} */ url) => (isGuarded ? `${url}?link=${link}` : url);
  // For programs that take a password in the address.
  const known = (/** @type {string} */ url) => (isGuarded ? url.replace("//", "//viewer:PASSWORD@") : url);
  const alt = name.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const script = `<script type="module" src="${address("camera-feed.js")}"></script>`;
  const element = `<camera-feed camera="${key}"${isGuarded ? ` link="${link}"` : ""}></camera-feed>`;
  // What is said besides, where there are passwords.
  const put = isGuarded ? texts.putThePassword : "";
  const besides = (/** @type {string} */ about, /** @type {string} */ signed) => (isGuarded ? about + signed : about);

  return [
    [
      texts.addresses,
      texts.addressesAbout,
      [
        [texts.stream, signed(stream)],
        [texts.lineSnapshot, signed(picture)],
        [texts.lineSocket, signed(socket.replace("http", "ws"))],
      ],
    ],
    [
      texts.ownPage,
      texts.ownPageAbout,
      [
        [texts.lineImage, `<img src="${signed(stream)}" alt="${alt}">`],
        [texts.lineElement, `${script}\n${element}`],
      ],
    ],
    [
      texts.homeAssistant,
      besides(texts.homeAssistantAbout, texts.homeAssistantSigned),
      [
        [texts.mjpegUrl, `${stream}?advance_headers=1`],
        [texts.stillUrl, `${picture}?stand_in=1`],
      ],
    ],
    [
      texts.octoPrint,
      besides(texts.octoPrintAbout, texts.octoPrintSigned),
      [
        [texts.streamUrl, signed(stream)],
        [texts.snapshotUrl, signed(picture)],
      ],
    ],
    [
      texts.mainsail,
      texts.mainsailAbout,
      [
        [texts.urlStream, signed(stream)],
        [texts.urlSnapshot, signed(picture)],
      ],
    ],
    [
      texts.frigate,
      texts.frigateAbout + put,
      [[texts.lineSource, `${CLOCK}  streams:\n    ${key}: ffmpeg:${known(stream)}#input=clock#video=h264`]],
    ],
    [texts.vlc, texts.vlcAbout + put, [[texts.lineCommand, `vlc '${known(stream)}'`]]],
    [
      texts.curl,
      besides(texts.curlAbout, texts.curlSigned),
      [[texts.lineCommand, `curl ${isGuarded ? "-u viewer " : ""}-o picture.jpg '${picture}'`]],
    ],
    [texts.openCv, texts.openCvAbout + put, [[texts.lineOfCode, `capture = cv2.VideoCapture("${known(stream)}")`]]],
  ];
}
