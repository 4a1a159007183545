"""Topics are prefixes' prey: each is built and read with care."""

import pytest

from shared.bus.topics import ViewersClaim, frame_topic, hello_topic, status_topic


def test_every_topic_ends_where_no_longer_key_can_follow() -> None:
    """A subscription to cam1 must not get cam10's frames."""
    assert frame_topic("cam1", "main") == b"frame/cam1/main/"
    assert status_topic("cam1") == b"status/cam1/"
    assert hello_topic("abc") == b"hello/abc/"
    assert not frame_topic("cam10", "main").startswith(b"frame/cam1/")


def test_a_viewers_claim_reads_back_from_its_topic() -> None:
    """The count travels in the subscription itself."""
    claim = ViewersClaim("cam1", "a1b2c3d4", 17)
    assert claim.topic == b"viewers/cam1/a1b2c3d4/17/"
    assert ViewersClaim.parse(claim.topic) == claim


@pytest.mark.parametrize(
    "topic",
    [b"", b"viewers/", b"viewers/cam1/r/x/", b"viewers/cam1/r/1", b"viewers/CAM/r/1/", b"status/cam1/", b"\xff\xfe"],
)
def test_anything_else_is_no_claim(topic: bytes) -> None:
    """Anybody may subscribe to anything; it is only not counted."""
    assert ViewersClaim.parse(topic) is None
