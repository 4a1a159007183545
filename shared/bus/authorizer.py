"""Decides which clients' keys are let in, by the directory of authorized keys. Owns how often that is read."""

import time
from collections.abc import Callable
from typing import Final

from shared.bus.curve import ServerKeys, key_text, public_key
from shared.bus.zmtp import RefusedPeerError, command
from shared.line_limit import LineLimit
from shared.logs import get_logger

LINE_SECONDS: Final = 1.0
"""A client that reconnects all the time is logged at most this often."""
READ_SECONDS: Final = 1.0
"""The directory is read at most this often: strangers who know the server's public key can ask at any rate."""
_ANSWER: Final = command(b"ERROR", b"\x03400")
"""As libzmq answers: its clients take it as final and do not come back by themselves."""
log = get_logger(__name__)


class Authorizer:
    """Lets in the owners of authorized keys, and of the server's own. Used by one thread. `event` is what the log says
    of each.
    """

    def __init__(
        self, keys: ServerKeys, monotonic: Callable[[], float] = time.monotonic, *, event: str = "bus client let in"
    ) -> None:
        self._keys = keys
        self._own_key = public_key(keys.secret_key)
        self._monotonic = monotonic
        self._event = event
        self._lines = LineLimit(LINE_SECONDS, monotonic)
        self._authorized = keys.read_authorized()
        self._read_at = monotonic()

    def admit(self, key: bytes, address: str) -> None:
        """Let in the client at `address` that has proved to own `key` (32 bytes).

        Raises:
            RefusedPeerError: the key is not authorized.
        """
        is_read = self._refresh()
        name = self._name(key)
        if name is None:
            reason = f"the key shown from {address} is not authorized"
            # libzmq takes that answer as final, so a key that may have been added just now gets none, and comes again.
            raise RefusedPeerError("; ".join((reason, *self._authorized.faults)), _ANSWER if is_read else b"")
        if name and (count := self._lines.admit((name, address))):
            log.info(self._event, client=name, address=address, count=count)

    def is_authorized(self, key: bytes) -> bool:
        """Whether the owner of `key` (32 bytes), who was let in, still would be."""
        self._refresh()
        return self._name(key) is not None

    def _refresh(self) -> bool:
        """Read the directory unless it was read within the last second; whether it was read."""
        now = self._monotonic()
        if is_due := now - self._read_at >= READ_SECONDS:
            self._authorized, self._read_at = self._keys.read_authorized(), now
        return is_due

    def _name(self, key: bytes) -> str | None:
        """The name of the key's owner: empty for the server's own key, None for one that is not authorized."""
        text = key_text(key)
        return "" if text == self._own_key else self._authorized.names.get(text)
