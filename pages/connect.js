/* The connect page: what to paste where, with this server's own address. A link, once made, is in the lines that need it. */

import { address, make, request, setText, when } from "./server.js";

const $ = (id) => document.getElementById(id);
const RETRY_MS = 3000;
const DURATIONS = { 3600: "1 hour", 21600: "6 hours", 86400: "1 day", 604800: "7 days", 2592000: "30 days" };
let isOn;
let link;

async function start() {
  try {
    const { access, cameras, problems } = await request("api/status");
    if (!cameras.length) throw new Error(problems[0]);
    isOn = access.authenticates;
    const asked = new URL(location).searchParams.get("camera");
    const first = cameras.find((it) => it.key === asked) ?? cameras.find((it) => it.is_default) ?? cameras[0];
    $("camera").append(...cameras.map(({ key, name }) => new Option(name, key, key === first.key, key === first.key)));
    for (const [seconds, text] of Object.entries(DURATIONS)) if (seconds <= access.longest_link_seconds) $("time").add(new Option(text, seconds));
    $("make").hidden = $("time").parentElement.hidden = !isOn;
    show();
  } catch (error) {
    setText($("note"), error.message);
    setTimeout(start, RETRY_MS);
  }
}

function show() {
  link = "LINK";
  setText($("note"), isOn
    ? "A link opens this one camera, without a password, for whoever holds it. Make one for the lines with LINK in them."
    : "There is no password, so a share link would be the plain address: every line works as it is.");
  draw();
}

const draw = () => $("lines").replaceChildren(...recipes($("camera").value, $("camera").selectedOptions[0].text).map(([title, text, lines]) =>
  make("section", { className: "card" }, make("h2", {}, title), make("p", { className: "soft" }, text),
    ...Object.entries(lines).map(([name, value]) => line(title, name, value)))));

function line(title, name, value) {
  const code = make("code", {}, value);
  const button = make("button", { className: "button", ariaLabel: `Copy ${title}: ${name}` }, "Copy");
  button.addEventListener("click", () => copy(code, button));
  return make("div", { className: "line" }, make("span", {}, name), button, code);
}

/** Over plain http there is but the old way; where that fails too the text is left selected. */
async function copy(code, button) {
  let copied = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    copied = document.execCommand("copy");
  }
  $("said").textContent = copied ? "Copied." : "The text is selected: press Ctrl+C.";
  setText(button, copied ? "Copied" : "Press Ctrl+C");
  setTimeout(() => {
    $("said").textContent = "";
    button.textContent = "Copy";
  }, 2000);
}

function recipes(key, name) {
  const [stream, picture, socket] = ["stream", "snapshot", "ws"].map((leaf) => address(`api/cameras/${key}/${leaf}`));
  const signed = (url) => url + (isOn ? `?link=${link}` : "");
  const known = (url) => (isOn ? url.replace("//", "//viewer:PASSWORD@") : url);
  const alt = name.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const put = isOn ? " The viewer’s password goes where PASSWORD is; write %40 for @ and %2F for /." : "";
  return [
    ["Addresses", "The stream (MJPEG), the newest picture (JPEG), and pictures over a WebSocket.",
      { Stream: signed(stream), Snapshot: signed(picture), WebSocket: signed(socket.replace("http", "ws")) }],
    ["Your own page", "The element comes back by itself after an outage, and says when the picture is old.", {
      Image: `<img src="${signed(stream)}" alt="${alt}">`,
      Element: `<script type="module" src="${address("camera-feed.js")}"></script>\n<camera-feed camera="${key}"${isOn ? ` link="${link}"` : ""}></camera-feed>`,
    }],
    ["Home Assistant", "Settings → Devices & services → Add integration → MJPEG IP Camera, or Generic Camera for the still image alone."
      + (isOn ? " Username: viewer. Password: type the viewer’s there, with Basic authentication." : ""), { "MJPEG URL": stream, "Still image URL": picture }],
    ["OctoPrint", `Settings → Classic Webcam.${isOn ? " Use a link, or log in here with the same browser. The snapshot also takes Basic, with the viewer’s password." : ""}`,
      { "Stream URL": signed(stream), "Snapshot URL": signed(picture) }],
    ["Mainsail, Fluidd", "Settings → Webcams, service Adaptive MJPEG-Streamer. ALLOWED_ORIGINS must name its page, such as http://mainsail.local.",
      { "URL stream": signed(stream), "URL snapshot": signed(picture) }],
    ["Frigate, go2rtc", `In the configuration.${put}`, { Source: `go2rtc:\n  streams:\n    ${key}: ffmpeg:${known(stream)}#video=h264` }],
    ["VLC", `In a terminal, or the address in Media → Open Network Stream.${put}`, { Command: `vlc '${known(stream)}'` }],
    ["curl", `Saves one picture.${isOn ? " It asks for the viewer’s password." : ""}`, { Command: `curl ${isOn ? "-u viewer " : ""}-o picture.jpg '${picture}'` }],
    ["OpenCV", `In Python.${put}`, { Line: `capture = cv2.VideoCapture("${known(stream)}")` }],
  ];
}

$("camera").addEventListener("change", () => {
  history.replaceState(null, "", `?camera=${$("camera").value}`);
  show();
});

$("share").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const made = await request("api/camera/links", { method: "POST", body: { camera: $("camera").value, expires_in_seconds: Number($("time").value) } });
    link = made.stream_url.split("link=")[1];
    $("note").replaceChildren("The link is in the lines below. It runs out at ", when(made.expires_at), ".");
    draw();
  } catch (error) {
    setText($("note"), error.message);
  }
});

start();
