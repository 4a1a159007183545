"""CURVE's boxes and nonces: the cryptography of one connection, by libsodium. Pure.

The protocol is RFC 26 (CurveZMQ). A box is encrypted and authenticated (X25519, XSalsa20, Poly1305); its key is made of
one end's secret key and the other's public one, so both ends have the same.
"""

import struct
from typing import Final

from nacl.bindings import crypto_box_beforenm, crypto_box_easy_afternm, crypto_box_open_easy_afternm
from nacl.exceptions import CryptoError

from shared.bus.zmtp import ZmtpError

KEY_BYTES: Final = 32
BOX_EXTRA_BYTES: Final = 16
SHORT_NONCE_BYTES, LONG_NONCE_BYTES = 8, 16
COOKIE_BYTES: Final = LONG_NONCE_BYTES + 2 * KEY_BYTES + BOX_EXTRA_BYTES
"""What the server gives the client to bring back, so that it need not keep it."""
_nonce: Final = struct.Struct("!Q")


def box_key(public_key: bytes, secret_key: bytes) -> bytes:
    """The key of the boxes between the owners of two pairs of keys.

    Raises:
        ZmtpError: the public key is one with which every box would have the same key.
    """
    try:
        return crypto_box_beforenm(public_key, secret_key)
    except CryptoError:
        raise ZmtpError("it showed a key that is none") from None


def make_box(text: bytes, nonce: bytes, key: bytes) -> bytes:
    return crypto_box_easy_afternm(text, nonce, key)


def open_box(box: bytes, nonce: bytes, key: bytes) -> bytes:
    """What is in a box.

    Raises:
        ZmtpError: it was made with another key or nonce, or it was changed.
    """
    try:
        return crypto_box_open_easy_afternm(box, nonce, key)
    except CryptoError:
        raise ZmtpError("it sent a box that its key does not open") from None


class ShortNonces:
    """The numbers of the boxes of one connection. Each end's must grow, so no box can be sent again."""

    def __init__(self) -> None:
        self._sent = 0
        self._received = 0

    def next(self) -> bytes:
        """The number of our next box."""
        self._sent += 1
        return _nonce.pack(self._sent)

    def check(self, number: bytes) -> None:
        """Check the number of a box that arrived.

        Raises:
            ZmtpError: it is not larger than the one before.
        """
        (received,) = _nonce.unpack(number)
        if received <= self._received:
            raise ZmtpError("it sent a box again, or an older one")
        self._received = received
