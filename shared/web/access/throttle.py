"""Slows the guessing of passwords, by client address. Remembers a bounded number of addresses, and no password."""

import hashlib
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from shared.web.access.client_network import client_network

FREE_FAILURES: Final = 5
LONGEST_WAIT_SECONDS: Final = 60.0
FORGET_SECONDS: Final = 15 * 60.0
MAX_ADDRESSES: Final = 10_000
_REMEMBERED_FAILURES: Final = 8


@dataclass(slots=True)
class _Record:
    failures: int = 0
    failed_at: float = 0.0
    attempts: deque[bytes] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_FAILURES))


class LoginThrottle:
    """After five wrong secrets an address waits: a second, then twice as long after each, up to a minute.

    The same wrong secret again counts once: a program with an old password, trying for ever, guesses nothing, and must
    not lock out the people behind the same address. On one loop.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._key = secrets.token_bytes(32)

    def wait_seconds(self, address: str) -> float:
        """How long this address has to wait before it may try another secret; 0 when it may now."""
        record = self._record(address)
        if record is None or record.failures < FREE_FAILURES:
            return 0.0
        wait = min(2.0 ** min(record.failures - FREE_FAILURES, 16), LONGEST_WAIT_SECONDS)
        return max(0.0, record.failed_at + wait - self._monotonic())

    def has_failed(self, address: str, secret: str) -> bool:
        """Whether this address has tried just that before, in vain."""
        record = self._record(address)
        return record is not None and self._digest(secret) in record.attempts

    def failed(self, address: str, secret: str) -> None:
        record = self._records.setdefault(client_network(address), _Record())
        self._records.move_to_end(client_network(address))
        record.failures += 1
        record.failed_at = self._monotonic()
        record.attempts.append(self._digest(secret))
        if len(self._records) > MAX_ADDRESSES:
            self._records.popitem(last=False)

    def _record(self, address: str) -> _Record | None:
        record = self._records.get(client_network(address))
        if record is not None and self._monotonic() - record.failed_at > FORGET_SECONDS:
            del self._records[client_network(address)]
            return None
        return record

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()
