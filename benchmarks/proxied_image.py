"""How late a plain `<img>` shows each picture, directly and through a proxy that hides that a browser reads it.

Such a proxy (Home Assistant, OctoEverywhere) sends `Accept: */*`. Without `?advance_headers=1` stream then takes it for
a program, and Chromium paints a picture only when the next one has begun. Here nginx stands in, with real Chromium:

    .venv/bin/python -m benchmarks.proxied_image [--seconds 8]
"""

import argparse
import json
import socket
import subprocess
import tempfile
import threading
import time
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser

from benchmarks.load import percentile
from shared.bus.frames import Frame
from tests.support.browser import running_chromium
from tests.support.bus import FakeIngest, fake_ingest, jpeg_picture, status_of
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

RATES: Final = (30, 5, 1)
LEVELS: Final = tuple(range(20, 240, 20))
SIZE: Final = (640, 360)
_WATCH: Final = """path => {
    const image = Object.assign(new Image(), { src: path });
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    window.seen = [];
    (function look() {
        if (image.naturalWidth) {
            canvas.drawImage(image, 0, 0, 1, 1);
            const gray = canvas.getImageData(0, 0, 1, 1).data[0];
            if (gray !== window.seen.at(-1)?.[1]) window.seen.push([Date.now() / 1_000, gray]);
        }
        requestAnimationFrame(look);
    })();
    document.body.append(image);
}"""
_NGINX: Final = """
daemon off; pid {directory}/pid; error_log stderr crit; events {{}}
http {{
    access_log off; client_body_temp_path {directory}; proxy_temp_path {directory};
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{stream}; proxy_http_version 1.1; proxy_set_header Accept */*; }}
    }}
}}
"""


class GrayCamera(threading.Thread):
    """Each picture has another gray than the ones around it. `sent` has the time and the gray of each."""

    def __init__(self, ingest: FakeIngest, fps: int) -> None:
        super().__init__()
        self._ingest = ingest
        self._fps = fps
        self._over = threading.Event()
        self.sent: list[tuple[float, int]] = []

    def run(self) -> None:
        jpegs = [jpeg_picture(level, *SIZE) for level in LEVELS]
        for sequence in count(1):
            if self._over.wait(1 / self._fps):
                return
            index = sequence % len(LEVELS)
            self.sent.append((time.time(), LEVELS[index]))
            self._ingest.show(Frame("cam1", "main", sequence, time.time_ns(), *SIZE, live=True, jpeg=jpegs[index]))

    def stop(self) -> None:
        self._over.set()
        self.join()


@contextmanager
def hiding_proxy(stream: int) -> Iterator[int]:
    """The port of an nginx that asks stream for anything, whatever its own client asks for."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory, "nginx.conf")
        config.write_text(_NGINX.format(directory=directory, port=port, stream=stream))
        with subprocess.Popen(["nginx", "-p", directory, "-c", str(config)]) as nginx:
            try:
                wait_until(lambda: can_connect(port), "nginx answers")
                yield port
            finally:
                nginx.terminate()


def ages(browser: Browser, port: int, query: str, camera: GrayCamera, seconds: float) -> list[float]:
    """In ms: how old each picture was when the page first saw it."""
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/healthz")
    page.evaluate(_WATCH, f"/api/camera/stream{query}")
    page.wait_for_timeout(seconds * 1000)
    seen = page.evaluate("window.seen")
    page.close()
    found = []
    for at, gray in seen[2:]:
        earlier = camera.sent[: bisect(camera.sent, (at, 256))]
        sent_at = next((sent for sent, level in reversed(earlier[-len(LEVELS) :]) if abs(level - gray) < 5), None)
        if sent_at is not None:
            found.append((at - sent_at) * 1000)
    return found


def can_connect(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def measured(fps: int, seconds: float) -> Iterator[dict[str, Any]]:
    """A row for each way at this rate, all with one camera."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    status = status_of("cam1", width=SIZE[0], height=SIZE[1], fps=float(fps))
    with (
        fake_ingest(bus, status) as ingest,
        running_replica(bus) as replica,
        hiding_proxy(replica.port) as proxy,
        running_chromium() as browser,
    ):
        camera = GrayCamera(ingest, fps)
        camera.start()
        try:
            for way, port, query in (
                ("direct", replica.port, ""),
                ("proxy", proxy, ""),
                ("proxy, ?advance_headers=1", proxy, "?advance_headers=1"),
            ):
                found = ages(browser, port, query, camera, max(seconds, 8 / fps))
                facts = {"p50_ms": percentile(found, 50), "most_ms": round(max(found), 1)}
                yield {"way": way, "fps": fps, "pictures": len(found), **facts}
        finally:
            camera.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    rows = []
    print(f"{'way':28} {'fps':>4} {'pictures':>9} {'p50 ms':>8} {'most ms':>8}")
    for fps in RATES:
        for row in measured(fps, options.seconds):
            rows.append(row)
            print(f"{row['way']:28} {fps:4} {row['pictures']:9} {row['p50_ms']:8} {row['most_ms']:8}", flush=True)
    print(json.dumps({"benchmark": "proxied_image", "rows": rows}))


if __name__ == "__main__":
    main()
