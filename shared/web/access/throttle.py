"""Slows down password guessing, per client network. Keeps a bounded number of networks, and no password."""

import hashlib
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from shared.backoff import backoff_seconds
from shared.web.access.client_network import client_network

FREE_FAILURES: Final = 5
FIRST_WAIT_SECONDS: Final = 1.0
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
    """After five wrong secrets a client waits: one second, then twice as long after each further one, up to a minute.

    The same wrong secret counts only once: a program that keeps trying an old password guesses nothing, and must not
    lock out the people behind the same address. Used on one loop.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._key = secrets.token_bytes(32)

    def wait_seconds(self, address: str) -> float:
        """The seconds before this address may try another secret; 0 when it may now."""
        record = self._record(address)
        if record is None or record.failures < FREE_FAILURES:
            return 0.0
        wait = backoff_seconds(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, record.failures - FREE_FAILURES)
        return max(0.0, record.failed_at + wait - self._monotonic())

    def has_failed(self, address: str, secret: str) -> bool:
        """Whether this address has tried the same secret before."""
        record = self._record(address)
        return record is not None and self._digest(secret) in record.attempts

    def failed(self, address: str, secret: str) -> None:
        """Count a wrong secret of this address."""
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
