"""Slows down password guessing, per client network. Keeps a bounded number of networks, and no password."""

import hashlib
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from shared.access.client_network import client_network, client_networks
from shared.backoff import backoff_seconds

FREE_FAILURES: Final = 5
FREE_SITE_FAILURES: Final = 20
"""For the /48 of an IPv6 client: neighbours may share it, so more than for one client."""
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 60.0
FORGET_SECONDS: Final = 15 * 60.0
MAX_ADDRESSES: Final = 10_000
_REMEMBERED_FAILURES: Final = 8
_ALLOWANCES: Final = (FREE_FAILURES, FREE_SITE_FAILURES)
"""In the order of `client_networks`."""


@dataclass(slots=True)
class _Record:
    failures: int = 0
    failed_at: float = 0.0
    attempts: deque[bytes] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_FAILURES))
    under_way: set[bytes] = field(default_factory=set)


class LoginThrottle:
    """After five wrong secrets a client waits: one second, then twice as long after each further one, up to a minute.

    An IPv6 client counts by its /64, and once more by its /48, which has four times the allowance. Otherwise one
    customer's 65,536 networks had five guesses each.

    The same wrong secret counts only once: a program that keeps trying an old password guesses nothing, and must not
    lock out the people behind the same address. Used on one loop.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._key = secrets.token_bytes(32)

    def wait_seconds(self, address: str) -> float:
        """The seconds before this address may try another secret; 0 when it may now."""
        allowances = zip(client_networks(address), _ALLOWANCES, strict=False)
        return max(self._wait_seconds(network, free_failures) for network, free_failures in allowances)

    def has_failed(self, address: str, secret: str) -> bool:
        """Whether this address has tried the same secret before."""
        record = self._record(client_network(address))
        return record is not None and self._digest(secret) in record.attempts

    def failed(self, address: str, secret: str) -> None:
        """Count a wrong secret of this address."""
        for network in client_networks(address):
            record = self._record(network) or self._records.setdefault(network, _Record())
            self._records.move_to_end(network)
            record.failures += 1
            record.failed_at = self._monotonic()
            record.attempts.append(self._digest(secret))
        while len(self._records) > MAX_ADDRESSES:
            self._records.popitem(last=False)

    def begin(self, address: str, secret: str) -> None:
        """Another process judges a secret of this address. Until `end` it takes the place of a wrong one: else guesses
        that are sent all at once would have no limit.
        """
        for network in client_networks(address):
            record = self._record(network) or self._records.setdefault(network, _Record())
            self._records.move_to_end(network)
            record.under_way.add(self._digest(secret))

    def end(self, address: str, secret: str) -> None:
        """The secret is judged. If it is wrong, `failed` says so."""
        for network in client_networks(address):
            if (record := self._records.get(network)) is not None:
                record.under_way.discard(self._digest(secret))

    def forget_attempts(self) -> None:
        """A secret that was wrong may be right now. The counts stay."""
        for record in self._records.values():
            record.attempts.clear()

    def _wait_seconds(self, network: str, free_failures: int) -> float:
        record = self._record(network)
        if record is None or record.failures + len(record.under_way) < free_failures:
            return 0.0
        least = FIRST_WAIT_SECONDS if record.under_way else 0.0
        if record.failures < free_failures:
            return least
        wait = backoff_seconds(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, record.failures - free_failures)
        return max(least, record.failed_at + wait - self._monotonic())

    def _record(self, network: str) -> _Record | None:
        record = self._records.get(network)
        if record is not None and not record.under_way and self._monotonic() - record.failed_at > FORGET_SECONDS:
            del self._records[network]
            return None
        return record

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()
