# mypy: ignore-errors
# gi ships no types, and Debian's Python, which runs this file, has neither mypy nor the project's libraries.
"""A real RTSP camera: GStreamer's server, with H.264 over TCP by default, and a picture that shows the time.

It is a program of its own, for Debian's /usr/bin/python3 with gi; `camera.py` starts it. It owns the picture, the
encoder and the count of clients. It reads no pictures and does not use pytest. It listens on 127.0.0.1 unless told
otherwise.

It prints events to stdout, one JSON object a line: "ready" with the port, then "connected", "play", "teardown" and
"closed", each with the numbers of connected clients, playing sessions, and sessions played since the start; and once a
second "painted", with the number of pictures since the start and the time (epoch ms). It ends on SIGTERM or SIGINT, and
when stdin closes, so that it never outlives its parent.

It reads commands from stdin, one a line, for all clients: "size WIDTH HEIGHT" (another size on the same connections),
"mute" and "speak" (no pictures on open connections, and pictures again), "end" (tell clients that the stream is over).
"""

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress
from itertools import pairwise

import gi

for namespace in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(namespace, "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - after the versions are chosen
from picture_layout import (  # noqa: E402 - a sibling, found because Python puts this file's directory first
    CLOCK_COLUMNS,
    CLOCK_HEIGHT_SHARE,
    CLOCK_ROWS,
    LUMA_BOTTOM,
    LUMA_TOP,
    STRIPE_LUMA,
    THIRDS_CHROMA,
    encode_clock,
)

LOOPBACK = "127.0.0.1"
# Below the kernel's range for outgoing connections: so nobody takes the port while the camera is away, and a client
# that keeps trying can't connect to itself.
ANY_PORT = range(20_000, 30_000)
PORT_ATTEMPTS = 50
ROLE = "viewer"
STRIPE_SECONDS = 4
PAINTED_SECONDS = 1.0
BLACK, WHITE, NEUTRAL = 16, 235, 128


class Painter:
    """Draws I420 pictures: most of each in `picture`; `stamp` adds the time at the last moment."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._edges = [round(column * width / CLOCK_COLUMNS) for column in range(CLOCK_COLUMNS + 1)]
        self._row_tops = [round(row * height * CLOCK_HEIGHT_SHARE / CLOCK_ROWS) for row in range(CLOCK_ROWS + 1)]
        self._below_clock = self._row_tops[-1] + self._row_tops[-1] % 2
        self._stripe_height = max(2, height // 12)
        self._stripe = bytes([STRIPE_LUMA]) * (width * self._stripe_height)
        self._stripe_travel = height - self._below_clock - self._stripe_height
        self._background = self._luma(height) + self._chroma(height, 0) + self._chroma(height, 1)

    def picture(self, stripe_position: float) -> bytearray:
        """The moving part: `stripe_position` goes from 0, below the clock, to 1, at the bottom."""
        picture = bytearray(self._background)
        start = (self._below_clock + int(stripe_position * self._stripe_travel)) * self._width
        picture[start : start + len(self._stripe)] = self._stripe
        return picture

    def stamp(self, picture: bytearray, epoch_ms: int) -> None:
        bits = int.from_bytes(encode_clock(epoch_ms), "big")
        shift = CLOCK_ROWS * CLOCK_COLUMNS
        for top, bottom in pairwise(self._row_tops):
            row = bytearray()
            for left, right in pairwise(self._edges):
                shift -= 1
                row += bytes([WHITE if bits >> shift & 1 else BLACK]) * (right - left)
            picture[top * self._width : bottom * self._width] = row * (bottom - top)

    def _luma(self, height: int) -> bytes:
        step = (LUMA_BOTTOM - LUMA_TOP) / height
        return b"".join(bytes([int(LUMA_TOP + step * y)]) * self._width for y in range(height))

    def _chroma(self, height: int, component: int) -> bytes:
        half = self._width // 2
        left, middle, right = (bytes([chroma[component]]) for chroma in THIRDS_CHROMA)
        third = half // 3
        row = left * third + middle * third + right * (half - 2 * third)
        clock_rows = self._below_clock // 2
        return bytes([NEUTRAL]) * (half * clock_rows) + row * (height // 2 - clock_rows)


class Scene:
    """What the camera looks at, as commands change it: read by the pipelines' threads, written by the main one."""

    def __init__(self, width: int, height: int, fps: int) -> None:
        self.fps = fps
        self.speaking = threading.Event()
        self.speaking.set()
        self.over = False
        self._painted = 0
        self._told_at = 0.0
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        caps = Gst.Caps.from_string(
            f"video/x-raw,format=I420,width={width},height={height},framerate={self.fps}/1,colorimetry=bt601"
        )
        self.view = (Painter(width, height), caps)

    def note_picture(self, epoch_ms: int) -> None:
        """One more picture was painted. One encoder serves all clients of a path, so with one path one thread calls
        this at a time.
        """
        self._painted += 1
        if time.monotonic() - self._told_at >= PAINTED_SECONDS:
            self._told_at = time.monotonic()
            write_event("painted", pictures=self._painted, at_ms=epoch_ms)


class Feed:
    """Gives one pipeline its pictures, at the camera's rate, from the thread in which appsrc asks for them.

    A pipeline that asks late, because it was stopped or is too slow, gets the next picture at once and no backlog.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._painter: Painter | None = None
        self._period = 1 / scene.fps
        self._due = time.monotonic()

    def on_need_data(self, source: Gst.Element, _bytes_wanted: int) -> None:
        self._scene.speaking.wait()
        if self._scene.over:
            source.emit("end-of-stream")
            return
        painter, caps = self._scene.view
        if painter is not self._painter:
            self._painter = painter
            source.set_property("caps", caps)
        picture = self._painter.picture(self._due / STRIPE_SECONDS % 1)
        time.sleep(max(0.0, self._due - time.monotonic()))
        self._due = max(self._due + self._period, time.monotonic())
        epoch_ms = time.time_ns() // 1_000_000
        self._painter.stamp(picture, epoch_ms)
        self._scene.note_picture(epoch_ms)
        source.emit("push-buffer", Gst.Buffer.new_wrapped(bytes(picture)))


class Sessions:
    """Counts clients and RTSP sessions and reports every change.

    The server runs clients in threads of its own, hence the lock. A client that goes without TEARDOWN takes its
    sessions along; GStreamer alone would keep them in its pool.
    """

    def __init__(self, pool: GstRtspServer.RTSPSessionPool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._clients = 0
        self._playing: set[str] = set()
        self._played: set[str] = set()

    def on_client_connected(self, _server: GstRtspServer.RTSPServer, client: GstRtspServer.RTSPClient) -> None:
        own: set[str] = set()
        client.connect("new-session", lambda _client, session: own.add(session.get_sessionid()))
        client.connect("play-request", self._on_play)
        client.connect("teardown-request", self._on_teardown)
        client.connect("closed", self._on_closed, own)
        with self._lock:
            self._clients += 1
            self._report("connected")

    def _on_play(self, _client: GstRtspServer.RTSPClient, context: GstRtspServer.RTSPContext) -> None:
        session_id = context.session.get_sessionid()
        with self._lock:
            self._playing.add(session_id)
            self._played.add(session_id)
            self._report("play")

    def _on_teardown(self, _client: GstRtspServer.RTSPClient, context: GstRtspServer.RTSPContext) -> None:
        with self._lock:
            self._playing.discard(context.session.get_sessionid())
            self._report("teardown")

    def _on_closed(self, _client: GstRtspServer.RTSPClient, own: set[str]) -> None:
        for session_id in own:
            session = self._pool.find(session_id)
            if session is not None:
                self._pool.remove(session)
        with self._lock:
            self._clients -= 1
            self._playing -= own
            self._report("closed")

    def _report(self, event: str) -> None:
        write_event(event, clients=self._clients, sessions=len(self._playing), total_sessions=len(self._played))


def write_event(event: str, **fields: int) -> None:
    with suppress(BrokenPipeError):  # the reader is gone; stdin closes as well
        print(json.dumps({"event": event, **fields}), flush=True)  # noqa: T201 - its way to report


def encoder(options: argparse.Namespace) -> str:
    key_interval = max(1, round(options.fps * options.gop_seconds))
    return {
        "h264": f"x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max={key_interval}"
        " ! rtph264pay name=pay0 pt=96 config-interval=1",
        "h265": f"x265enc tune=zerolatency speed-preset=ultrafast key-int-max={key_interval}"
        " option-string=pools=none:frame-threads=1:log-level=none"
        " ! rtph265pay name=pay0 pt=96 config-interval=1",
        "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
        "vp8": f"vp8enc deadline=1 cpu-used=8 threads=1 keyframe-max-dist={key_interval} ! rtpvp8pay name=pay0 pt=96",
    }[options.codec]


def camera_factory(options: argparse.Namespace, scene: Scene) -> GstRtspServer.RTSPMediaFactory:
    """One encoder for all clients; it runs only while there is a client."""
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    # UDP opens ports on every address; a client that prefers it is told to take TCP, where the test wants no UDP.
    protocols = GstRtsp.RTSPLowerTrans.TCP
    factory.set_protocols(protocols | GstRtsp.RTSPLowerTrans.UDP if options.udp else protocols)
    if options.tls_certificate:
        factory.set_profiles(GstRtsp.RTSPProfile.AVP)
    if options.file:
        # A recording, for the benchmarks: encoded as wanted beforehand, in H.264, and sent at its own pace.
        factory.set_launch(
            f'( filesrc location="{options.file}" ! matroskademux ! h264parse config-interval=-1'
            " ! identity sync=true ! rtph264pay name=pay0 pt=96 )"
        )
        return factory
    factory.set_launch(
        "( appsrc name=pictures is-live=true do-timestamp=true format=time"
        f" caps=video/x-raw,format=I420,width={options.width},height={options.height}"
        f",framerate={options.fps}/1,colorimetry=bt601 ! {encoder(options)} )"
    )

    def on_media_configure(_factory: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
        source = media.get_element().get_by_name("pictures")
        source.connect("need-data", Feed(scene).on_need_data)

    factory.connect("media-configure", on_media_configure)
    return factory


def guard(
    server: GstRtspServer.RTSPServer,
    factory: GstRtspServer.RTSPMediaFactory,
    options: argparse.Namespace,
) -> None:
    """Ask for a password, speak TLS, or both, if wanted."""
    username = os.environ.get("RTSP_TEST_USERNAME")
    if not username and not options.tls_certificate:
        return
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, ROLE)
    auth = GstRtspServer.RTSPAuth()
    if options.tls_certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(options.tls_certificate))
    password = os.environ.get("RTSP_TEST_PASSWORD", "")
    if not username:
        auth.set_default_token(token)
    elif options.auth == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(username, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(username, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(ROLE, permission, True)
    factory.set_permissions(permissions)


def bind(server: GstRtspServer.RTSPServer, host: str, port: int) -> None:
    server.set_address(host)
    for candidate in [port] if port else random.sample(ANY_PORT, PORT_ATTEMPTS):
        server.set_service(str(candidate))
        if server.attach(None):
            return
    sys.exit(f"cannot listen on {host}:{port or 'any port'}")


def obey(command: list[str], scene: Scene) -> None:
    match command:
        case ["size", width, height]:
            scene.resize(int(width), int(height))
        case ["mute"]:
            scene.speaking.clear()
        case ["speak"]:
            scene.speaking.set()
        case ["end"]:
            scene.over = True
            scene.speaking.set()
        case _:
            sys.exit(f"unknown command: {command}")


def run_until_told_to_stop(scene: Scene) -> None:
    loop = GLib.MainLoop()
    pending = bytearray()

    def on_stdin(_channel: int, _condition: GLib.IOCondition) -> bool:
        received = os.read(0, 4096)
        if not received:
            loop.quit()
        pending.extend(received)
        while b"\n" in pending:
            line, _, rest = bytes(pending).partition(b"\n")
            pending[:] = rest
            obey(line.decode().split(), scene)
        return True

    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, on_stdin)
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    loop.run()


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="An RTSP camera for tests. It asks for RTSP_TEST_USERNAME and RTSP_TEST_PASSWORD if they are set."
    )
    parser.add_argument("--host", default=LOOPBACK, help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--path", nargs="+", default=["/camera"], help="each is a camera of its own")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--gop-seconds", type=float, default=1.0)
    parser.add_argument("--codec", choices=["h264", "h265", "mjpeg", "vp8"], default="h264")
    parser.add_argument("--udp", action="store_true", help="let clients choose UDP")
    parser.add_argument("--tls-certificate", help="a PEM file with certificate and key; the camera then speaks TLS")
    parser.add_argument("--file", help="a Matroska file with H.264 to send once instead of the picture")
    parser.add_argument("--auth", choices=["basic", "digest"], default="basic")
    options = parser.parse_args()
    if options.width % 8 or options.height % 2:
        parser.error("the width must be a multiple of 8 and the height even, so that I420 rows need no padding")
    return options


def main() -> None:
    options = parse_options()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    scene = Scene(options.width, options.height, options.fps)
    factory = camera_factory(options, scene)
    guard(server, factory, options)
    for path in options.path:
        server.get_mount_points().add_factory(path, factory)
    sessions = Sessions(server.get_session_pool())
    server.connect("client-connected", sessions.on_client_connected)
    bind(server, options.host, options.port)
    write_event("ready", port=server.get_bound_port())
    run_until_told_to_stop(scene)
    # GStreamer's threads may be inside Python just now; an orderly interpreter exit would wait for them or crash.
    os._exit(0)


if __name__ == "__main__":
    main()
