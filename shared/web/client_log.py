"""Log lines that a client can cause: few, whatever it sends.

A line stands for its client's address (an IPv6 client's /48) and one kind of event, with the count since the last one.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from shared.access.client_network import client_networks
from shared.line_limit import LineLimit
from shared.logs import get_logger

LIMIT_SECONDS: Final = 3600.0
"""Whoever meets a limit is told so each time; the log has it once an hour."""
_NOISY_LIBRARIES: Final = ("uvicorn.error", "asyncio", "websockets.server")
log = get_logger(__name__)


class ClientLog:
    """Warnings about clients: one per event, client and `seconds`. On the loop."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lines = LineLimit(seconds, monotonic)

    def report(self, event: str, address: str, **fields: object) -> None:
        """Log `event`, unless this client's last such line is too new. `fields` hold no secret."""
        count = self._lines.admit((event, tuple(fields.values()), client_networks(address)[-1]))
        if count:
            log.warning(event, address=address, count=count, **fields)


_limits: Final = ClientLog(LIMIT_SECONDS)


def limit_met(limit: str, address: str, number: float, setting: str | None = None) -> None:
    """Log that the client at `address` has met a limit. `setting` is the variable that changes `number`, if any."""
    _limits.report("limit met", address, limit=limit, number=number, setting=setting)


class _OnceASecond(logging.Filter):
    """For libraries, which log a line for each malformed request: one a second of each kind, with a count."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = LineLimit(1.0, time.monotonic)

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        count = self._lines.admit((record.name, record.msg, kind))
        if count > 1:
            record.msg = f"{record.msg} (for the {count}th time since the last such line)"
        return count > 0


_once_a_second: Final = _OnceASecond()


def quieten_libraries() -> None:
    """Limit the lines of the libraries that answer clients. A second call changes nothing."""
    for name in _NOISY_LIBRARIES:
        logging.getLogger(name).addFilter(_once_a_second)
