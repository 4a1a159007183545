"""The inbox holds the newest frame, and demands frames only while it is open."""

from services.archiver.capture.frame_inbox import FrameInbox
from shared.bus.frames import Frame
from shared.bus.topics import CAPTURE, frame_topic


class Topics(list[bytes]):
    """The topics that are subscribed to."""

    def subscribe(self, topic: bytes) -> None:
        self.append(topic)

    def unsubscribe(self, topic: bytes) -> None:
        self.remove(topic)


def frame(sequence: int) -> Frame:
    return Frame("camera_1", CAPTURE, sequence, 0, 64, 48, True, b"")


def test_of_two_frames_only_the_newer_one_is_kept_and_taken_once() -> None:
    """A slot needs one picture, the freshest."""
    inbox = FrameInbox("camera_1", Topics())
    with inbox.opened():
        inbox.offer(frame(1))
        inbox.offer(frame(2))
        assert inbox.changed.is_set()
        taken = inbox.take()
        assert taken is not None
        assert taken.sequence == 2
        assert inbox.take() is None


def test_frames_are_demanded_only_while_it_is_open_and_dropped_otherwise() -> None:
    """Late frames must not end up in the next slot."""
    topics = Topics()
    inbox = FrameInbox("camera_1", topics)
    inbox.offer(frame(1))
    with inbox.opened():
        assert topics == [frame_topic("camera_1", CAPTURE)]
        assert inbox.take() is None
        inbox.offer(frame(2))
    assert topics == []
    assert inbox.take() is None
