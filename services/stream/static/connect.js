/* The connect page: what to paste where, with this server's own address. A link, once made, is in the lines that need it. */

import { address, make, request, setText, when } from "./server.js";

const $ = (id) => document.getElementById(id);
const RETRY_MS = 3000;
const DURATIONS = [[3600, "1 hour"], [21_600, "6 hours"], [86_400, "1 day"], [604_800, "7 days"], [2_592_000, "30 days"]];
let access;
let link = "";

async function start() {
  try {
    const status = await request("api/status");
    access = status.access;
    const { cameras } = status;
    if (!cameras.length) throw new Error(status.problems[0]);
    $("camera").append(...cameras.map(({ key, name }) => make("option", { value: key }, name)));
    const asked = new URL(location).searchParams.get("camera");
    $("camera").value = (cameras.find(({ key }) => key === asked) ?? cameras.find((it) => it.is_default) ?? cameras[0]).key;
    $("time").append(...DURATIONS.filter(([seconds]) => seconds <= access.longest_link_seconds).map(([value, text]) => make("option", { value }, text)));
    $("time").parentElement.hidden = $("share").lastElementChild.previousElementSibling.hidden = !access.authenticates;
    show();
  } catch (error) {
    setText($("note"), error.message);
    setTimeout(start, RETRY_MS);
  }
}

function show() {
  $("note").replaceChildren(
    access.authenticates
      ? "A link opens this one camera for whoever holds it, without a password. The lines below with LINK in them need one."
      : "No password is set: a link would be the plain address, so every line below works as it is.",
  );
  draw();
}

function draw() {
  $("lines").replaceChildren(...recipes($("camera").value, $("camera").selectedOptions[0].text).map(([title, text, ...lines]) =>
    make("section", { className: "card" }, make("h3", {}, title), make("p", { className: "soft" }, text), ...lines.filter(Boolean).map(([name, value]) => line(title, name, value)))));
}

function line(title, name, value) {
  const code = make("code", {}, value);
  const button = make("button", { className: "button", ariaLabel: `Copy ${name}, ${title}` }, "Copy");
  button.addEventListener("click", () => copy(code, button, name));
  return make("div", { className: "line" }, make("span", {}, name), code, button);
}

/** Over plain http there is no clipboard but the old one; where that fails too the text is left selected. */
async function copy(code, button, name) {
  let copied = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    copied = document.execCommand("copy");
    if (copied) getSelection().empty();
  }
  setText($("said"), "");
  setText($("said"), copied ? `${name} copied` : "Selected: press Ctrl+C to copy.");
  setText(button, copied ? "Copied" : "Ctrl+C");
  setTimeout(() => setText(button, "Copy"), 2000);
}

function recipes(key, name) {
  const at = (leaf) => address(`api/cameras/${key}/${leaf}`);
  const own = access.authenticates;
  const signed = (url) => (own ? `${url}?link=${link || "LINK"}` : url);
  const known = (url) => (own ? url.replace("//", "//viewer:PASSWORD@") : url);
  const stream = at("stream");
  const picture = at("snapshot");
  const alt = name.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const login = own && ["Username, password", "viewer, and the viewer’s password"];
  const put = own ? " Put the viewer’s password for PASSWORD; in an address @ is %40 and / is %2F." : "";
  return [
    ["Addresses", own ? "With a share link, which opens this camera alone." : "For whatever takes an address.",
      ["Stream", signed(stream)], ["Snapshot", signed(picture)], ["WebSocket", signed(at("ws").replace("http", "ws"))]],
    ["Your own page", "The element comes back by itself after an outage, and says how old the picture is.",
      ["Image", `<img src="${signed(stream)}" alt="${alt}">`],
      ["Element", `<script type="module" src="${address("camera-feed.js")}"></script>\n<camera-feed camera="${key}"${own ? ` link="${link || "LINK"}"` : ""}></camera-feed>`]],
    ["Home Assistant", "Settings → Devices & services → Add integration → MJPEG IP Camera. Generic Camera takes the still image alone.",
      ["MJPEG URL", stream], ["Still Image URL", picture], login],
    ["OctoPrint", `Settings → Classic Webcam.${own ? " The browser fetches the stream: log in here first, or use a link. The snapshot takes Basic and the viewer’s password." : ""}`,
      ["Stream URL", stream], ["Snapshot URL", picture]],
    ["Mainsail, Fluidd", "Settings → Webcams, service Adaptive MJPEG-Streamer. Name its page in ALLOWED_ORIGINS, such as http://mainsail.local.",
      ["URL stream", signed(stream)], ["URL snapshot", signed(picture)]],
    ["Frigate, go2rtc", `In its configuration.${put}`, ["Stream", `go2rtc:\n  streams:\n    ${key}: ffmpeg:${known(stream)}#video=h264`]],
    ["VLC", `Media → Open Network Stream, or in a terminal:${put}`, ["Command", `vlc '${known(stream)}'`]],
    ["curl", `One picture.${own ? " It asks for the viewer’s password." : ""}`, ["Command", `curl ${own ? "-u viewer " : ""}-o picture.jpg '${picture}'`]],
    ["OpenCV", `In Python.${put}`, ["Line", `capture = cv2.VideoCapture("${known(stream)}")`]],
  ];
}

$("camera").addEventListener("change", () => {
  link = "";
  history.replaceState(null, "", `?camera=${encodeURIComponent($("camera").value)}`);
  show();
});

$("share").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const made = await request("api/camera/links", { method: "POST", body: { camera: $("camera").value, expires_in_seconds: Number($("time").value) } });
    link = new URL(made.stream_url, location).searchParams.get("link") ?? "";
    $("note").replaceChildren("The link is in the lines below, and good until ", when(made.expires_at), ".");
    draw();
  } catch (error) {
    setText($("note"), error.message);
  }
});

start();
