"""CURVE's handshake as a client makes it: it shows its key only to the server whose key it knows.

The protocol is RFC 26 (CurveZMQ). `curve_server` is the other end.
"""

from secrets import token_bytes
from typing import Final

from nacl.bindings import crypto_box_keypair

from shared.bus.curve import ClientKeys, key_bytes, public_key
from shared.bus.curve_box import (
    BOX_EXTRA_BYTES,
    COOKIE_BYTES,
    KEY_BYTES,
    LONG_NONCE_BYTES,
    SHORT_NONCE_BYTES,
    box_key,
    make_box,
    open_box,
)
from shared.bus.curve_end import CurveEnd
from shared.bus.mechanism import SUBSCRIBER, Role
from shared.bus.zmtp import ZmtpError, command, greeting

_WELCOME_BYTES: Final = LONG_NONCE_BYTES + KEY_BYTES + COOKIE_BYTES + BOX_EXTRA_BYTES
_VERSION_AND_PADDING: Final = b"\x01\x00" + bytes(72)
"""The padding makes HELLO larger than WELCOME, so that a server can't be used to flood a third party."""
_SIGNED: Final = bytes(64)


class CurveClient(CurveEnd):
    """A mechanism: a client's end of one connection."""

    greeting = greeting(b"CURVE")

    def __init__(self, keys: ClientKeys, role: Role = SUBSCRIBER) -> None:
        super().__init__(role, is_server=False)
        self._server_key = key_bytes(keys.server_key)
        self._secret_key = key_bytes(keys.secret_key)
        self._public_key = key_bytes(public_key(keys.secret_key))
        # Keys for this connection alone: a recording of it can't be opened later, with whatever key is found.
        self._short_public_key, self._short_secret_key = crypto_box_keypair()
        self._awaited = b"WELCOME"

    def greeted(self) -> bytes:
        number = self._nonces.next()
        key = box_key(self._server_key, self._short_secret_key)
        box = make_box(_SIGNED, b"CurveZMQHELLO---" + number, key)
        return command(b"HELLO", _VERSION_AND_PADDING + self._short_public_key + number + box)

    def shake(self, name: bytes, data: bytes) -> bytes:
        if name != self._awaited:
            raise ZmtpError(f"the bus sent {name[:16]!r} in the middle of the handshake")
        if name == b"READY":
            self._take_ready(data)
            return b""
        self._awaited = b"READY"
        return self._initiate(data)

    def _initiate(self, welcome: bytes) -> bytes:
        """INITIATE: the cookie as it came, and this client's own key with the proof that its owner sent this."""
        if len(welcome) != _WELCOME_BYTES:
            raise ZmtpError(f"the bus sent a WELCOME of {len(welcome)} bytes")
        nonce = b"WELCOME-" + welcome[:LONG_NONCE_BYTES]
        text = open_box(welcome[LONG_NONCE_BYTES:], nonce, box_key(self._server_key, self._short_secret_key))
        server_short_key, cookie = text[:KEY_BYTES], text[KEY_BYTES:]
        self._key = box_key(server_short_key, self._short_secret_key)
        vouch_nonce = token_bytes(LONG_NONCE_BYTES)
        vouched = self._short_public_key + self._server_key
        vouch = make_box(vouched, b"VOUCH---" + vouch_nonce, box_key(server_short_key, self._secret_key))
        number = self._nonces.next()
        shown = self._public_key + vouch_nonce + vouch + self._role.metadata
        return command(b"INITIATE", cookie + number + make_box(shown, b"CurveZMQINITIATE" + number, self._key))

    def _take_ready(self, ready: bytes) -> None:
        if len(ready) < SHORT_NONCE_BYTES + BOX_EXTRA_BYTES:
            raise ZmtpError(f"the bus sent a READY of {len(ready)} bytes")
        number = ready[:SHORT_NONCE_BYTES]
        self._nonces.check(number)
        self._role.check(open_box(ready[SHORT_NONCE_BYTES:], b"CurveZMQREADY---" + number, self._key))
        self.is_ready = True
