"""Topics: a subscription is a prefix, so each topic must end where no longer one can go on."""

import re

import pytest

from shared.bus.topics import ViewersClaim, frame_topic, new_hello_topic, status_topic


def test_every_topic_ends_with_a_slash() -> None:
    """A subscription to cam1 must not get cam10's frames."""
    assert frame_topic("cam1", "main") == b"frame/cam1/main/"
    assert status_topic("cam1") == b"status/cam1/"
    assert re.fullmatch(rb"hello/[0-9a-f]{16}/", new_hello_topic())
    assert not frame_topic("cam10", "main").startswith(b"frame/cam1/")


def test_a_viewers_claim_reads_back_from_its_topic() -> None:
    """The count is in the subscription itself."""
    claim = ViewersClaim("cam1", "a1b2c3d4", 17)
    assert claim.topic == b"viewers/cam1/a1b2c3d4/17/"
    assert ViewersClaim.parse(claim.topic) == claim


def test_two_subscribers_never_say_the_same_hello() -> None:
    """ZeroMQ reports only the first subscription to a topic; the second would wait a second for its statuses."""
    assert new_hello_topic() != new_hello_topic()


@pytest.mark.parametrize(
    "topic",
    [b"", b"viewers/", b"viewers/cam1/r/x/", b"viewers/cam1/r/1", b"viewers/CAM/r/1/", b"status/cam1/", b"\xff\xfe"],
)
def test_anything_else_is_no_claim(topic: bytes) -> None:
    """Anybody may subscribe to anything; it is just not counted."""
    assert ViewersClaim.parse(topic) is None
