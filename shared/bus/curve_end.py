"""What both ends of a CURVE connection have in common: their nonces, and how messages look after the handshake.

The protocol is RFC 26 (CurveZMQ). The handshake is `curve_client`'s and `curve_server`'s.
"""

from typing import Final

from shared.bus.curve_box import BOX_EXTRA_BYTES, SHORT_NONCE_BYTES, ShortNonces, make_box, open_box
from shared.bus.mechanism import Role
from shared.bus.zmtp import COMMAND, MORE, Buffer, ZmtpError, head

_MESSAGE: Final = b"\x07MESSAGE"
_BOX_PLACE: Final = len(_MESSAGE) + SHORT_NONCE_BYTES
_EXTRA_BYTES: Final = _BOX_PLACE + BOX_EXTRA_BYTES + 1
"""By which a frame's body is longer than the part in it."""
_FROM_CLIENT, _FROM_SERVER = b"CurveZMQMESSAGEC", b"CurveZMQMESSAGES"
_INNER_MORE, _INNER_COMMAND = 1, 2


class CurveEnd:
    """One end of one connection, from its first nonce on."""

    is_plain = False

    def __init__(self, role: Role, *, is_server: bool) -> None:
        self.is_ready = False
        self._role = role
        self._nonces = ShortNonces()
        self._key: bytes
        """Of the boxes between the keys that both ends made for this connection."""
        self._ours, self._theirs = (_FROM_SERVER, _FROM_CLIENT) if is_server else (_FROM_CLIENT, _FROM_SERVER)

    def seal(self, flags: int, body: Buffer) -> list[Buffer]:
        """The frame with flags and body in a box. As with libzmq, nothing outside of the box tells its flags."""
        number = self._nonces.next()
        inner = (_INNER_MORE if flags & MORE else 0) | (_INNER_COMMAND if flags & COMMAND else 0)
        box = make_box(b"".join((bytes((inner,)), body)), self._ours + number, self._key)
        return [head(0, len(body) + _EXTRA_BYTES) + _MESSAGE + number, box]

    def open(self, _flags: int, body: Buffer) -> tuple[int, bytes]:
        """The flags and the body in a frame's box.

        Raises:
            ZmtpError: there is no box, or it is wrong.
        """
        if len(body) < _EXTRA_BYTES or body[: len(_MESSAGE)] != _MESSAGE:
            raise ZmtpError("it sent something outside of a box")
        number = bytes(body[len(_MESSAGE) : _BOX_PLACE])
        self._nonces.check(number)
        text = open_box(bytes(body[_BOX_PLACE:]), self._theirs + number, self._key)
        inner = text[0]
        if inner & ~(_INNER_MORE | _INNER_COMMAND):
            raise ZmtpError(f"a box with flags {inner} makes no sense")
        return (MORE if inner & _INNER_MORE else 0) | (COMMAND if inner & _INNER_COMMAND else 0), text[1:]
