"""The viewer counts that a replica states on the bus."""

from collections import Counter

from services.stream.fanout.viewer_claims import ViewerClaims
from tests.stream.fanout.support import RecordingBus


def test_a_count_is_stated_and_a_new_one_goes_out_before_the_old_one_goes() -> None:
    """Ingest would otherwise see a moment without viewers, and stop encoding."""
    bus = RecordingBus()
    claims = ViewerClaims(bus, "aa00")
    claims.update(Counter(cam1=1))
    claims.update(Counter(cam1=3))
    assert bus.calls == [
        ("subscribe", b"viewers/cam1/aa00/1/"),
        ("subscribe", b"viewers/cam1/aa00/3/"),
        ("unsubscribe", b"viewers/cam1/aa00/1/"),
    ]


def test_an_unchanged_count_is_not_stated_again() -> None:
    bus = RecordingBus()
    claims = ViewerClaims(bus, "aa00")
    for _ in range(3):
        claims.update(Counter(cam1=2, cam2=1))
    assert len(bus.calls) == 2
    assert bus.topics == {b"viewers/cam1/aa00/2/", b"viewers/cam2/aa00/1/"}


def test_a_camera_without_viewers_is_not_claimed() -> None:
    """A claim of none would keep ingest counting a replica that is not there for that camera."""
    bus = RecordingBus()
    claims = ViewerClaims(bus, "aa00")
    claims.update(Counter(cam1=1))
    claims.update(Counter())
    claims.update(Counter())
    assert bus.topics == set()
    assert len(bus.calls) == 2
