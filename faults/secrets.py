"""The lab's secrets in all spellings, and where they must not stand: logs, answers, process lists."""

import base64
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from faults.cameras import PASSWORD, THIRD_PASSWORD, USERNAME
from faults.facts import Leak
from faults.viewers.door import OPERATOR_TOKEN, VIEWER_TOKEN

SENT_PASSWORD: Final = "Schuppen&Leiter/3:geheim"  # noqa: S105 of no camera: it is sent with tries and searches
SECRETS: Final = {
    "the camera's password": PASSWORD,
    "the third camera's password": THIRD_PASSWORD,
    "a password that was sent": SENT_PASSWORD,
    "a viewer's token": VIEWER_TOKEN,
    "a token": OPERATOR_TOKEN,
}
_OURS: Final = ("framecast", "services.")


def spellings(secret: str) -> set[bytes]:
    """As it is, as in an address, in Base64 with a user's name, and as JSON and Python write it."""
    pair = base64.b64encode(f"{USERNAME}:{secret}".encode())
    plain = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        secret.encode("unicode_escape").decode(),
    }
    return {text.encode() for text in plain} | {pair.rstrip(b"=")}


_RECORD_SECRET: Final = re.compile(rb"framecast_[A-Za-z0-9_-]{43}")
_NEEDLES: Final = [(name, needle) for name, secret in SECRETS.items() for needle in sorted(spellings(secret))]


def leaks_in(where: str, text: bytes) -> Iterator[Leak]:
    seen = set()
    if _RECORD_SECRET.search(text):
        yield Leak(where, "the secret of a token or a session", time.time())
    for name, needle in _NEEDLES:
        if name not in seen and needle in text:
            seen.add(name)
            yield Leak(where, name, time.time())


class OutputWatch:
    """Reads what is new in the logs at each look, and the process list."""

    def __init__(self) -> None:
        self._read: dict[Path, int] = {}

    def look(self, logs: Iterable[Path]) -> Iterator[Leak]:
        for log in logs:
            with log.open("rb") as file:
                file.seek(max(0, self._read.get(log, 0) - 200))  # a secret may be half written at a look
                text = file.read()
                self._read[log] = file.tell()
            yield from leaks_in(f"the log {log.name}", text)
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = process.read_bytes()
            except OSError:
                continue  # it has just ended
            if any(ours.encode() in words for ours in _OURS):
                yield from leaks_in("the process list", words)
