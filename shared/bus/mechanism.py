"""How the two ends of a connection show who they are, and how their frames look from then on.

ZMTP calls it the security mechanism. Without keys it is NULL, which is here; with keys it is CURVE: `curve_client` and
`curve_server`.
"""

import re
from dataclasses import dataclass
from typing import Final, Protocol

from shared.bus.zmtp import GREETING, Buffer, ZmtpError, command, head


@dataclass(frozen=True, slots=True)
class Role:
    """What one end says of itself, and what the other end has to be."""

    metadata: bytes
    _expected: re.Pattern[bytes]
    _otherwise: str

    def check(self, metadata: bytes) -> None:
        """Check what the other end says of itself.

        Raises:
            ZmtpError: it is not the kind of socket that fits.
        """
        if self._expected.search(metadata) is None:
            raise ZmtpError(self._otherwise)


SUBSCRIBER: Final = Role(
    b"\x0bSocket-Type\x00\x00\x00\x03SUB",
    re.compile(rb"\x0bsocket-type\x00\x00\x00(?:\x03PUB|\x04XPUB)", re.IGNORECASE),
    "the server at this address publishes nothing",
)
PUBLISHER: Final = Role(
    b"\x0bSocket-Type\x00\x00\x00\x04XPUB",
    re.compile(rb"\x0bsocket-type\x00\x00\x00(?:\x03SUB|\x04XSUB)", re.IGNORECASE),
    "it is no subscriber",
)
REQUESTER: Final = Role(
    b"\x0bSocket-Type\x00\x00\x00\x06DEALER",
    re.compile(rb"\x0bsocket-type\x00\x00\x00(?:\x03REP|\x06ROUTER)", re.IGNORECASE),
    "the server at this address answers no requests",
)
RESPONDER: Final = Role(
    b"\x0bSocket-Type\x00\x00\x00\x06ROUTER",
    re.compile(rb"\x0bsocket-type\x00\x00\x00(?:\x03REQ|\x06DEALER)", re.IGNORECASE),
    "it sends no requests",
)


class Mechanism(Protocol):
    """One end of one connection. Pure: bytes in, bytes out."""

    @property
    def greeting(self) -> bytes:
        """What this end sends first."""

    @property
    def is_ready(self) -> bool:
        """Whether the handshake is over, so that messages may follow."""

    @property
    def is_plain(self) -> bool:
        """Whether a frame has the same bytes in every connection."""

    def greeted(self) -> bytes:
        """What to send when the other end's greeting was read."""

    def shake(self, name: bytes, data: bytes, /) -> bytes:
        """Take in a command of the handshake; what to send then.

        Raises:
            ZmtpError: it is none, or it is wrong.
        """

    def seal(self, flags: int, body: Buffer, /) -> list[Buffer]:
        """A frame after the handshake, as buffers to send."""

    def open(self, flags: int, body: Buffer, /) -> tuple[int, bytes]:
        """The flags and the body that the other end sealed.

        Raises:
            ZmtpError: it did not.
        """


class NullMechanism:
    """A mechanism without keys: everybody is let in, and frames are as they are."""

    is_plain = True
    greeting = GREETING

    def __init__(self, role: Role) -> None:
        self.is_ready = False
        self._role = role

    def greeted(self) -> bytes:
        return command(b"READY", self._role.metadata)

    def shake(self, name: bytes, data: bytes) -> bytes:
        if name != b"READY":
            raise ZmtpError(f"it sent {name[:16]!r} before the handshake was over")
        self._role.check(data)
        self.is_ready = True
        return b""

    def seal(self, flags: int, body: Buffer) -> list[Buffer]:
        return [head(flags, len(body)), body]

    def open(self, flags: int, body: Buffer) -> tuple[int, bytes]:
        return flags, bytes(body)
