"""What a connection has to show before its requests are taken: nothing, or a key that opens control."""

from collections.abc import Callable
from typing import Final, Protocol

from shared.bus.authorizer import Authorizer
from shared.bus.curve import ServerKeys, key_bytes, public_key
from shared.bus.mechanism import RESPONDER, Mechanism, NullMechanism


class Entrance(Protocol):
    """The entrance of one connection."""

    @property
    def mechanism(self) -> Mechanism:
        """How both ends show who they are."""

    def is_open(self) -> bool:
        """Whether the connection's next request may be taken, after the handshake."""


class OpenEntrance:
    """Nothing has to be shown: at the socket file, on loopback, and on a network that is trusted by name."""

    def __init__(self, _address: str = "") -> None:
        self.mechanism: Final[Mechanism] = NullMechanism(RESPONDER)

    def is_open(self) -> bool:
        return True


class LockedEntrance:
    """The client has to own a key that opens control, in the handshake and at each request."""

    def __init__(self, public: bytes, secret: bytes, authorizer: Authorizer, address: str) -> None:
        from shared.bus.curve_server import CurveServer  # noqa: PLC0415 needs libsodium, which is seldom needed

        self._authorizer = authorizer
        self._address = address
        self._key = b""
        self.mechanism: Final[Mechanism] = CurveServer(public, secret, self._admit, RESPONDER)

    def _admit(self, key: bytes) -> None:
        self._authorizer.admit(key, self._address)
        self._key = key

    def is_open(self) -> bool:
        return self._authorizer.is_authorized(self._key)


def entrances(keys: ServerKeys | None) -> Callable[[str], Entrance]:
    """Makes the entrance of a connection from an address. Used by one thread."""
    if keys is None:
        return OpenEntrance
    authorizer = Authorizer(keys, event="control client let in")
    public, secret = key_bytes(public_key(keys.secret_key)), key_bytes(keys.secret_key)
    return lambda address: LockedEntrance(public, secret, authorizer, address)
