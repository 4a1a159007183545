"""CURVE's handshake as the server answers it: it learns who the client is before anything else is taken from it.

The protocol is RFC 26 (CurveZMQ). `curve_client` is the other end. A HELLO costs two multiplications on the curve and
an INITIATE two, some 0.3 ms together, and one connection can send each once.
"""

from collections.abc import Callable
from secrets import token_bytes
from typing import Final

from nacl.bindings import crypto_box_keypair

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
from shared.bus.mechanism import PUBLISHER, Role
from shared.bus.zmtp import RefusedPeerError, ZmtpError, command, greeting

WRONG_SERVER: Final = "it was encrypted for another server's key"
_VERSION: Final = b"\x01\x00"
_HELLO_KEY_PLACE: Final = 74
"""Behind the version and the padding."""
_SIGNED: Final = bytes(64)
_HELLO_BYTES: Final = _HELLO_KEY_PLACE + KEY_BYTES + SHORT_NONCE_BYTES + len(_SIGNED) + BOX_EXTRA_BYTES
_VOUCH_BYTES: Final = LONG_NONCE_BYTES + 2 * KEY_BYTES + BOX_EXTRA_BYTES
_LEAST_INITIATE_BYTES: Final = COOKIE_BYTES + SHORT_NONCE_BYTES + KEY_BYTES + _VOUCH_BYTES + BOX_EXTRA_BYTES


class CurveServer(CurveEnd):
    """A mechanism: ingest's end of one connection. `admit` gets the client's key, once it is proved to be its own.

    `public_key`, `secret_key` and what `admit` gets have 32 bytes. `admit` raises `RefusedPeerError` to refuse.
    """

    greeting = greeting(b"CURVE", as_server=True)

    def __init__(
        self, public_key: bytes, secret_key: bytes, admit: Callable[[bytes], None], role: Role = PUBLISHER
    ) -> None:
        super().__init__(role, is_server=True)
        self._public_key = public_key
        self._secret_key = secret_key
        self._admit = admit
        self._cookie_key = token_bytes(KEY_BYTES)
        """All that is kept between HELLO and INITIATE: the client brings the rest back in its cookie."""
        self._awaited = b"HELLO"

    def greeted(self) -> bytes:
        return b""

    def shake(self, name: bytes, data: bytes) -> bytes:
        if name != self._awaited:
            raise ZmtpError(f"it sent {name[:16]!r} in the middle of the handshake")
        if name == b"INITIATE":
            return self._take_initiate(data)
        self._awaited = b"INITIATE"
        return self._welcome(data)

    def _welcome(self, hello: bytes) -> bytes:
        if len(hello) != _HELLO_BYTES or not hello.startswith(_VERSION):
            raise ZmtpError(f"it sent a HELLO of {len(hello)} bytes, or of another version")
        client_short_key, rest = hello[_HELLO_KEY_PLACE:][:KEY_BYTES], hello[_HELLO_KEY_PLACE + KEY_BYTES :]
        number, box = rest[:SHORT_NONCE_BYTES], rest[SHORT_NONCE_BYTES:]
        self._nonces.check(number)
        key = box_key(client_short_key, self._secret_key)
        try:
            open_box(box, b"CurveZMQHELLO---" + number, key)
        except ZmtpError:
            raise RefusedPeerError(WRONG_SERVER) from None
        # Keys for this connection alone: a recording of it can't be opened later, with whatever key is found.
        short_public_key, short_secret_key = crypto_box_keypair()
        cookie_nonce, welcome_nonce = token_bytes(LONG_NONCE_BYTES), token_bytes(LONG_NONCE_BYTES)
        kept = make_box(client_short_key + short_secret_key, b"COOKIE--" + cookie_nonce, self._cookie_key)
        box = make_box(short_public_key + cookie_nonce + kept, b"WELCOME-" + welcome_nonce, key)
        return command(b"WELCOME", welcome_nonce + box)

    def _take_initiate(self, initiate: bytes) -> bytes:
        if len(initiate) < _LEAST_INITIATE_BYTES:
            raise ZmtpError(f"it sent an INITIATE of {len(initiate)} bytes")
        cookie, rest = initiate[:COOKIE_BYTES], initiate[COOKIE_BYTES:]
        kept = open_box(cookie[LONG_NONCE_BYTES:], b"COOKIE--" + cookie[:LONG_NONCE_BYTES], self._cookie_key)
        client_short_key, short_secret_key = kept[:KEY_BYTES], kept[KEY_BYTES:]
        number, box = rest[:SHORT_NONCE_BYTES], rest[SHORT_NONCE_BYTES:]
        self._nonces.check(number)
        self._key = box_key(client_short_key, short_secret_key)
        shown = open_box(box, b"CurveZMQINITIATE" + number, self._key)
        client_key, vouch = shown[:KEY_BYTES], shown[KEY_BYTES:][:_VOUCH_BYTES]
        vouch_key = box_key(client_key, short_secret_key)
        vouched = open_box(vouch[LONG_NONCE_BYTES:], b"VOUCH---" + vouch[:LONG_NONCE_BYTES], vouch_key)
        if vouched != client_short_key + self._public_key:
            raise ZmtpError("its key vouches for another connection or another server")
        self._role.check(shown[KEY_BYTES + _VOUCH_BYTES :])
        self._admit(client_key)
        self.is_ready = True
        number = self._nonces.next()
        box = make_box(self._role.metadata, b"CurveZMQREADY---" + number, self._key)
        return command(b"READY", number + box)
