"""Bus topics: how they are built and read. Pure strings and bytes, no sockets.

A ZeroMQ subscription is a prefix, so every topic ends in `/`: `frame/cam1/main/` never matches `cam10`.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import StringConstraints

KEY_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]{0,62}$"
RENDITION_PATTERN: Final = r"^[a-z0-9]{1,16}$"
CameraKey = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
Rendition = Annotated[str, StringConstraints(pattern=RENDITION_PATTERN)]

MAIN: Final = "main"
"""The rendition at the source's own size."""
CAPTURE: Final = "capture"
"""The source's own size at the quality for keeping, at most one a second: what the archiver asks for."""
ALL_STATUSES: Final = b"status/"
MAX_TOPIC_BYTES: Final = 256
_VIEWERS: Final = re.compile(rb"^viewers/([a-z0-9][a-z0-9_-]{0,62})/([a-z0-9-]{1,64})/(\d{1,6})/$")


def frame_topic(camera_key: str, rendition: str) -> bytes:
    return f"frame/{camera_key}/{rendition}/".encode()


def status_topic(camera_key: str) -> bytes:
    return f"status/{camera_key}/".encode()


def hello_topic(subscriber: str) -> bytes:
    """A subscription of one subscriber's own: it makes ingest send every status at once. Nothing is published on it."""
    return f"hello/{subscriber}/".encode()


@dataclass(frozen=True, slots=True)
class ViewersClaim:
    """One replica's count of a camera's viewers, stated as a subscription (docs/wire-format.md)."""

    camera_key: str
    replica: str
    count: int

    @property
    def topic(self) -> bytes:
        return f"viewers/{self.camera_key}/{self.replica}/{self.count}/".encode()

    @classmethod
    def parse(cls, topic: bytes) -> "ViewersClaim | None":
        """Read a claim back from its topic; None when the topic is anything else."""
        match = _VIEWERS.match(topic)
        if match is None:
            return None
        camera_key, replica, count = match.groups()
        return cls(camera_key.decode(), replica.decode(), int(count))
