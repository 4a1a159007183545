"""Who is here, who is moved to another size, and who is cut: by the bytes that arrived, not by those in flight."""

import time
from collections import Counter

import pytest

from services.stream.api.mjpeg import with_length
from services.stream.fanout import auto_quality
from services.stream.fanout.cameras import Cameras
from services.stream.fanout.feeds import Feeds
from services.stream.fanout.viewer import Viewer
from services.stream.fanout.viewer_registry import ViewerRegistry, ViewRequest
from tests.stream.fanout.support import RecordingBus, RecordingViewer
from tests.support.bus import status_of

STALL_SECONDS = 60.0


class FarViewer(Viewer):
    """Always has one part in flight, however many were written."""

    written = 0
    aborted = False

    @property
    def written_bytes(self) -> int:
        return self.written

    def unfinished_bytes(self) -> int:
        return 1000

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def registry() -> ViewerRegistry:
    cameras = Cameras()
    cameras.hear(status_of("cam1"), time.monotonic())
    return ViewerRegistry(Feeds(RecordingBus(), cameras), STALL_SECONDS)


def far_viewer(registry: ViewerRegistry) -> FarViewer:
    viewer = FarViewer(with_length)
    registry.add(viewer, ViewRequest("cam1"))
    return viewer


def test_a_viewer_that_takes_every_part_is_not_cut_though_one_is_always_in_flight(registry: ViewerRegistry) -> None:
    """A still picture is repeated and checked each second: on a long path always at the same point."""
    viewer = far_viewer(registry)
    began_at = time.monotonic()
    for second in range(round(2 * STALL_SECONDS)):
        viewer.written += 1000
        registry.check(began_at + second)
    assert not viewer.aborted


def test_a_viewer_that_takes_nothing_is_cut(registry: ViewerRegistry) -> None:
    viewer = far_viewer(registry)
    began_at = time.monotonic()
    registry.check(began_at)
    registry.check(began_at + STALL_SECONDS - 1)
    assert not viewer.aborted
    registry.check(began_at + STALL_SECONDS + 1)
    assert viewer.aborted


def test_viewers_are_counted_by_camera_once_each(registry: ViewerRegistry) -> None:
    """The counts are what the replica claims on the bus."""
    first, second, early = RecordingViewer(), RecordingViewer(), RecordingViewer()
    registry.add(first, ViewRequest("cam1"))
    registry.add(second, ViewRequest("cam1", width=16))
    registry.add(early, ViewRequest(None))
    assert len(registry) == 3
    assert registry.counts() == Counter(cam1=2)
    assert registry.of_camera(None) == [(early, ViewRequest(None))]
    registry.remove(first)
    registry.remove(first)
    assert registry.counts() == Counter(cam1=1)


def test_a_viewer_gets_the_widest_rendition_that_it_asked_for(registry: ViewerRegistry) -> None:
    assert registry.add(RecordingViewer(), ViewRequest("cam1")).rendition == "main"
    assert registry.add(RecordingViewer(), ViewRequest("cam1", width=32)).rendition == "32"


def test_quality_auto_moves_a_viewer_that_skips_and_no_other(registry: ViewerRegistry) -> None:
    """It leaves the feed it was on, so it is never shown a picture twice."""
    moved, steady = RecordingViewer(), RecordingViewer()
    main = registry.add(moved, ViewRequest("cam1", auto_quality=True))
    registry.add(steady, ViewRequest("cam1"))
    for viewer in (moved, steady):
        viewer.offered, viewer.taken = 90, 9
    registry.check(time.monotonic() + auto_quality.WINDOW_SECONDS + 1)
    assert list(main.viewers) == [steady]
    registry.remove(moved)
    assert registry.counts() == Counter(cam1=1)


def test_closing_ends_every_viewer(registry: ViewerRegistry) -> None:
    viewers = [RecordingViewer() for _ in range(3)]
    for viewer in viewers:
        registry.add(viewer, ViewRequest("cam1"))
    registry.close()
    assert all(viewer.is_closed for viewer in viewers)
