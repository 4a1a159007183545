# mypy: ignore-errors
# ruff: noqa: ANN001, INP001
# gi ships no types, and Debian's Python, which runs this file, has no mypy.
"""An RTSP camera at rtsp://…:8554/camera, 640x360 H.264 at 30 pictures a second, for any number of clients.

For each session that starts to play, it prints a line with the total, so a test can see a camera that is pulled twice.
"""

import signal
import sys

import gi

for namespace in ("Gst", "GstRtspServer"):
    gi.require_version(namespace, "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - after the versions are chosen

PORT = "8554"
PIPELINE = """( videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1
    ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=2000
    ! rtph264pay name=pay0 pt=96 config-interval=1 )"""


class Count:
    """Counts and prints the sessions that have played."""

    def __init__(self) -> None:
        self._sessions = 0

    def on_client_connected(self, _server, client) -> None:
        client.connect("play-request", self._on_play)

    def _on_play(self, _client, _context) -> None:
        self._sessions += 1
        sys.stdout.write(f"sessions played: {self._sessions}\n")


def main() -> None:
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE)
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_service(PORT)
    server.get_mount_points().add_factory("/camera", factory)
    count = Count()
    server.connect("client-connected", count.on_client_connected)
    server.attach(None)
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_HIGH, signal.SIGTERM, loop.quit)
    loop.run()


if __name__ == "__main__":
    main()
