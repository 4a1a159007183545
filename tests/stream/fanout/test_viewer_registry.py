"""Who is cut, by what has arrived and not by what is under way."""

import time

from services.stream.api.mjpeg import with_length
from services.stream.fanout.feed import Feed
from services.stream.fanout.viewer import Viewer
from services.stream.fanout.viewer_registry import Audience, ViewRequest

STALL_SECONDS = 60.0


class FarViewer(Viewer):
    """Always has one part under way, of however many were written."""

    written = 0
    aborted = False

    @property
    def written_bytes(self) -> int:
        return self.written

    def unfinished_bytes(self) -> int:
        return 1000

    def abort(self) -> None:
        self.aborted = True


def watching() -> tuple[Audience, FarViewer]:
    feed = Feed("cam1", "main")
    audience = Audience(lambda _wish: ["main"], lambda _key, _rendition: feed, STALL_SECONDS)
    viewer = FarViewer(with_length)
    audience.seat(viewer, ViewRequest("cam1"))
    return audience, viewer


def test_who_takes_every_part_is_not_cut_though_one_is_always_under_way() -> None:
    """A still picture is repeated each second, and looked at each second: on a long way always at the same instant."""
    audience, viewer = watching()
    began_at = time.monotonic()
    for second in range(round(2 * STALL_SECONDS)):
        viewer.written += 1000
        audience.check(began_at + second)
    assert not viewer.aborted


def test_who_takes_nothing_is_cut() -> None:
    audience, viewer = watching()
    began_at = time.monotonic()
    audience.check(began_at)
    audience.check(began_at + STALL_SECONDS - 1)
    assert not viewer.aborted
    audience.check(began_at + STALL_SECONDS + 1)
    assert viewer.aborted
