"""A bus that keeps a list of what was subscribed to, and viewers that keep what they were offered."""

from services.stream.api.mjpeg import with_length
from services.stream.fanout.picture import Framing
from services.stream.fanout.viewer import Viewer


class RecordingBus:
    """The subscribing end of a bus without sockets."""

    def __init__(self) -> None:
        self.topics: set[bytes] = set()
        self.calls: list[tuple[str, bytes]] = []

    def subscribe(self, topic: bytes) -> None:
        self.topics.add(topic)
        self.calls.append(("subscribe", topic))

    def unsubscribe(self, topic: bytes) -> None:
        self.topics.remove(topic)
        self.calls.append(("unsubscribe", topic))


class RecordingViewer(Viewer):
    """Takes every part."""

    def __init__(self, framing: Framing = with_length, fps: float | None = None) -> None:
        super().__init__(framing, fps)
        self.parts: list[bytes] = []
        self.is_closed = False

    def offer(self, part: bytes, _now: float, /) -> None:
        self.parts.append(part)
        self.offered += 1
        self.taken += 1

    def close(self) -> None:
        self.is_closed = True
