"""Bus topics: how they are built and read. Strings and bytes, no sockets.

A ZeroMQ subscription is a prefix, so every topic ends in `/`: `frame/cam1/main/` never matches `cam10`.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import StringConstraints

KEY_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]{0,62}$"
RENDITION_PATTERN: Final = r"^[a-z0-9]{1,16}$"
CameraKey = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]

MAIN: Final = "main"
"""The rendition at the source's own size."""
CAPTURE: Final = "capture"
"""The rendition for the archiver: the source's own size at the archive's quality, at most one frame a second."""
ALL_STATUSES: Final = b"status/"
INGEST_ID_PATTERN: Final = r"^[a-z0-9]{1,32}$"
ALL_INGESTS: Final = b"ingest/"
"""What ingests say of themselves begins so."""
STATE_PATTERN: Final = r"^[a-z0-9]{1,32}$"
ALL_ACCESS: Final = b"access/"
"""What the owner has decided on access begins so."""
ACCESS_ASKED: Final = b"access/ask/"
"""A subscription below it asks for that at once."""
MAX_TOPIC_BYTES: Final = 256
_KINDS: Final = (b"frame/", b"status/", b"viewers/", b"hello/", ALL_INGESTS, ALL_ACCESS)
_CHARACTERS: Final = re.compile(rb"[a-z0-9_/-]*")
_VIEWERS: Final = re.compile(rb"^viewers/([a-z0-9][a-z0-9_-]{0,62})/([a-z0-9-]{1,64})/(\d{1,6})/$")


def frame_topic(camera_key: str, rendition: str) -> bytes:
    return f"frame/{camera_key}/{rendition}/".encode()


def status_topic(camera_key: str) -> bytes:
    return f"status/{camera_key}/".encode()


def ingest_topic(ingest: str) -> bytes:
    return f"ingest/{ingest}/".encode()


def access_topic(state: str) -> bytes:
    return f"access/{state}/".encode()


def new_access_question() -> bytes:
    """A topic that no other subscriber has. Subscribing to it makes ingest send the state of access at once."""
    return ACCESS_ASKED + f"{secrets.token_hex(8)}/".encode()


def camera_topics(camera_key: str) -> tuple[bytes, ...]:
    """What the topics of all messages about a camera begin with."""
    return f"frame/{camera_key}/".encode(), status_topic(camera_key)


def new_hello_topic() -> bytes:
    """A topic that no other subscriber has. Subscribing to it makes ingest send every status at once; nothing is ever
    published on it. ZeroMQ reports only the first subscription to a topic, hence the random name.
    """
    return f"hello/{secrets.token_hex(8)}/".encode()


def can_be_ours(topic: bytes) -> bool:
    """Whether a subscription to `topic` can mean anything here: it is a topic of ours, or could be the start of one."""
    is_known = topic.startswith(_KINDS) or any(kind.startswith(topic) for kind in _KINDS)
    return is_known and _CHARACTERS.fullmatch(topic) is not None


@dataclass(frozen=True, slots=True)
class ViewersClaim:
    """The number of viewers that one replica has of a camera. It is told by a subscription (docs/wire-format.md)."""

    camera_key: str
    replica: str
    count: int

    @property
    def topic(self) -> bytes:
        return f"viewers/{self.camera_key}/{self.replica}/{self.count}/".encode()

    @classmethod
    def parse(cls, topic: bytes) -> "ViewersClaim | None":
        """The claim in a topic; None when the topic is another kind."""
        match = _VIEWERS.match(topic)
        if match is None:
            return None
        camera_key, replica, count = match.groups()
        return cls(camera_key.decode(), replica.decode(), int(count))
