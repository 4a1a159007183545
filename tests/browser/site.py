"""A site with cameras for a browser: a real replica, a real bus, and pictures whose gray changes, at every requested
size. Pages of other origins can be served beside it.
"""

import http.server
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import Any, Final

import cv2
import numpy as np
from playwright.sync_api import Page

from shared.bus.frames import Frame
from shared.bus.status import CameraState, encode_status
from tests.support.bus import FakeIngest, fake_ingest, jpeg_picture, status_of
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

LEVELS: Final = (40, 120, 200)
WIDTH, HEIGHT = 1280, 720
WIDTHS: Final = (320, 640)
PERIOD_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 20.0
HIDE_DOCUMENT: Final = """isHidden => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Tells a page that its tab is hidden, or visible again."""
_FACTS = """feed => ({
    state: feed.state, reason: feed.reason, transport: feed.transport, fps: feed.fps, ageMs: feed.ageMs,
    width: feed.pictureWidth, capturedAt: feed.capturedAt && feed.capturedAt.getTime(), undecodable: feed.undecodable,
})"""
_GRAY = """feed => {
    const canvas = feed.shadowRoot.querySelector("canvas");
    return canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[0];
}"""


@cache
def _jpegs(width: int) -> tuple[bytes, ...]:
    return tuple(jpeg_picture(level, width, width * HEIGHT // WIDTH) for level in LEVELS)


@cache
def _busy_jpegs(width: int) -> tuple[bytes, ...]:
    """Noise that takes about 1.5 bits a pixel, as a scene with leaves does."""
    noise = np.random.default_rng(1).integers(0, 40, (width * HEIGHT // WIDTH, width, 1), np.uint8)
    encoded = [cv2.imencode(".jpg", np.repeat(noise + level, 3, 2), [cv2.IMWRITE_JPEG_QUALITY, 60]) for level in LEVELS]
    return tuple(jpeg.tobytes() for _, jpeg in encoded)


class Cameras:
    """Cameras of a fake ingest. They send one after the other, because the bus would drop part of a burst.

    The cameras in `moving` send ten pictures per second at each requested size.
    """

    def __init__(self, ingest: FakeIngest, keys: tuple[str, ...]) -> None:
        self.ingest = ingest
        self.moving = set(keys)
        self.spoilt = False
        """Whether the cameras send pictures that can't be decoded."""
        self.busy = False
        """Whether the pictures have as many bytes as those of a busy scene."""
        self.clock_ahead_seconds = 0.0
        self._statuses = {key: camera_status(key) for key in keys}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(5)

    def say(self, key: str, state: CameraState, **members: object) -> None:
        self._statuses[key] = camera_status(key, state, **members)

    def wanted(self, key: str) -> set[str]:
        """The renditions of a camera that have subscribers."""
        topics = (topic.decode().split("/") for topic in self.ingest.topics if topic.startswith(b"frame/"))
        return {topic[2] for topic in topics if topic[1] == key}

    def _run(self) -> None:
        for sequence in count(1):
            for key, status in tuple(self._statuses.items()):
                if self._over.wait(PERIOD_SECONDS / len(self._statuses)):
                    return
                self.ingest.send(encode_status(status.model_copy(update={"sent_at_ns": self._now_ns()})))
                if key in self.moving:
                    self.ingest.show(*(self._frame(key, rendition, sequence) for rendition in self.wanted(key)))

    def _frame(self, key: str, rendition: str, sequence: int) -> Frame:
        width = WIDTH if rendition == "main" else int(rendition)
        jpegs = _busy_jpegs(width) if self.busy else _jpegs(width)
        jpeg = jpegs[sequence % len(LEVELS)]
        if self.spoilt:
            jpeg = jpeg[:4] + bytes(200) + jpeg[-2:]
        return Frame(key, rendition, sequence, self._now_ns(), width, width * HEIGHT // WIDTH, live=True, jpeg=jpeg)

    def _now_ns(self) -> int:
        return time.time_ns() + round(self.clock_ahead_seconds * 10**9)


def camera_status(key: str, state: CameraState = CameraState.LIVE, **members: object) -> Any:
    usual: dict[str, object] = {"width": WIDTH, "height": HEIGHT, "widths": WIDTHS, "fps": 1 / PERIOD_SECONDS}
    return status_of(key, state, **usual | {"is_default": key in ("cam1", "camera_1")} | members)


@contextmanager
def filmed(bus: str, *keys: str) -> Iterator[Cameras]:
    """Run the cameras alone, for tests with a replica of their own."""
    with fake_ingest(bus) as ingest:
        cameras = Cameras(ingest, keys)
        cameras.start()
        try:
            yield cameras
        finally:
            cameras.stop()


class Site:
    def __init__(self, replica: Replica, cameras: Cameras) -> None:
        self.replica = replica
        self.cameras = cameras
        self.origin = f"http://127.0.0.1:{replica.port}"

    def viewers(self, key: str = "cam1") -> int:
        return self.replica.hub.viewer_count(key)


@contextmanager
def running_site(*keys: str, settings: Mapping[str, object] = MappingProxyType({})) -> Iterator[Site]:
    """Run a replica with the cameras of these keys. The default camera is cam1 or camera_1."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    keys = keys or ("cam1",)
    with filmed(bus, *keys) as cameras, running_replica(bus, settings=settings) as replica:
        wait_until(lambda: len(replica.hub.cameras.in_order()) == len(keys), "the cameras are known")
        yield Site(replica, cameras)


class Pages(http.server.ThreadingHTTPServer):
    """Pages of another origin. `pages` holds the headers and the HTML by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", free_port()), _PageHandler)
        self.pages: dict[str, tuple[dict[str, str], str]] = {}
        self.origin = f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, html: str, **headers: str) -> str:
        """Add a page; return its address. Header names are given with underscores."""
        self.pages[path] = ({name.replace("_", "-"): value for name, value in headers.items()}, html)
        return self.origin + path


class _PageHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Pages)
        headers, html = self.server.pages.get(self.path, ({}, ""))
        body = html.encode()
        self.send_response(200 if html else 404)
        self.send_header("Content-Length", str(len(body)))
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: requests would only clutter the tests' output."""


@contextmanager
def serving_pages() -> Iterator[Pages]:
    pages = Pages()
    thread = threading.Thread(target=pages.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield pages
    finally:
        pages.shutdown()
        thread.join(5)
        pages.server_close()


class Feed:
    """The `number`th <camera-feed> of a page."""

    def __init__(self, page: Page, number: int = 0) -> None:
        self._element = page.locator("camera-feed").nth(number)

    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = self._element.evaluate(_FACTS)
        return facts

    def evaluate(self, script: str) -> Any:
        return self._element.evaluate(script)

    def is_(self, state: str, transport: str | None = None, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for the state, and for the transport if one is given."""

        def is_reached() -> bool:
            self.seen = self.facts()
            return self.seen["state"] == state and transport in (None, self.seen["transport"])

        try:
            wait_until(is_reached, f"the feed is {state}", seconds)
        except AssertionError as error:
            error.add_note(f"It was {self.seen}")
            raise

    def moves(self) -> None:
        """Wait until two of the cameras' grays have been painted."""
        grays: set[int] = set()

        def two_were_painted() -> bool:
            gray = self._element.evaluate(_GRAY)
            grays.update(level for level in LEVELS if abs(level - gray) < 4)
            return len(grays) > 1

        wait_until(two_were_painted, "two different pictures are painted", PATIENCE_SECONDS)


def open_feeds(page: Page, site_origin: str, *markups: str) -> list[Feed]:
    """Open a page of the site's own origin with these elements, which are there before the module loads."""
    page.goto(f"{site_origin}/healthz")
    page.evaluate(
        """html => {
            window.heard = [];
            for (const type of ["live", "stale", "offline", "statechange"])
                addEventListener(type, ({ detail }) => window.heard.push([type, detail]));
            document.body.innerHTML = html;
            return import("/camera-feed.js");
        }""",
        "".join(markups),
    )
    return [Feed(page, number) for number in range(len(markups))]
