"""Which process may publish which topics. The kernel tells whose a connection to the inner socket is.

A camera's process reads whatever a camera sends. If that takes it over, it can still speak for that camera alone.
"""

import os
import threading
from collections import deque
from typing import Final

from shared.bus.topics import camera_topics

REMEMBERED_ENDS: Final = 64
"""Processes that ended lately: what they sent at last may still arrive."""


class PublishingRights:
    """This process may publish everything, and so may nobody else. Any thread may call it."""

    def __init__(self) -> None:
        self._prefixes: dict[str, tuple[bytes, ...]] = {str(os.getpid()): (b"",)}
        self._ended: deque[str] = deque(maxlen=REMEMBERED_ENDS)
        self._lock = threading.Lock()

    def grant(self, pid: int, camera_key: str) -> None:
        """Let the process publish for that camera. Its parent calls this before it can connect."""
        with self._lock:
            self._prefixes[str(pid)] = camera_topics(camera_key)

    def withdraw(self, pid: int) -> None:
        """The process has ended: another one may get its number."""
        with self._lock:
            if self._prefixes.pop(str(pid), None) is not None:
                self._ended.append(str(pid))

    def allow(self, pid: str, topic: bytes) -> bool:
        """Whether the process with this number, as the kernel writes it, may publish on `topic`."""
        prefixes = self._prefixes.get(pid)
        return prefixes is not None and topic.startswith(prefixes)

    def has_ended(self, pid: str) -> bool:
        """Whether the process ended lately, so that its last messages are no wonder."""
        return pid not in self._prefixes and pid in self._ended
