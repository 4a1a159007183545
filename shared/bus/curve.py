"""CURVE keys on the bus, as values. Files of keys are `keys.py`'s.

A key is written as 40 characters (Z85, ZeroMQ's RFC 32), and has 32 bytes for the cryptography. libsodium is loaded
only where there are keys: it takes 1 MB.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_KEY_CHARACTERS: Final = 40
_DIGITS: Final = b"0123456789"
_LOWER, _UPPER = b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_Z85: Final = _DIGITS + _LOWER + _UPPER + b".-:+=^!/*?&<>()[]{}@%$#"
_BASE85: Final = _DIGITS + _UPPER + _LOWER + b"!#$%&()*+-;<=>?@^_`{|}~"
"""Python's alphabet for the same arithmetic."""
_from_z85: Final = bytes.maketrans(_Z85, _BASE85)
_to_z85: Final = bytes.maketrans(_BASE85, _Z85)


@dataclass(frozen=True, slots=True)
class AuthorizedKeys:
    """The clients' names by public key (40 characters, Z85). `faults` are sentences about keys that can't be read."""

    names: Mapping[bytes, str]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """The keys of a subscriber: the server's public key and its own secret key."""

    server_key: bytes
    secret_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The keys of ingest: its own secret key, and the clients' public ones, which may change while it runs."""

    secret_key: bytes = field(repr=False)
    read_authorized: Callable[[], AuthorizedKeys] = field(repr=False)

    def as_client(self) -> ClientKeys:
        """The keys of a client with the server's own secret, which is authorized too: for ingest's health check."""
        return ClientKeys(public_key(self.secret_key), self.secret_key)


def new_secret_key() -> bytes:
    """A new secret key: 40 characters, Z85."""
    from nacl.bindings import crypto_box_keypair  # noqa: PLC0415 see above

    return key_text(crypto_box_keypair()[1])


def public_key(secret_key: bytes) -> bytes:
    """The public key of a secret key: 40 characters, Z85.

    Raises:
        ValueError: it is no key.
    """
    from nacl.bindings import crypto_scalarmult_base  # noqa: PLC0415 see above

    return key_text(crypto_scalarmult_base(key_bytes(secret_key)))


def key_bytes(text: bytes) -> bytes:
    """The 32 bytes of a key that is written as 40 characters.

    Raises:
        ValueError: it is no key.
    """
    if len(text) != _KEY_CHARACTERS or not set(text) <= set(_Z85):
        raise ValueError("no key")
    return base64.b85decode(text.translate(_from_z85))


def key_text(key: bytes) -> bytes:
    """A key of 32 bytes, written as 40 characters."""
    return base64.b85encode(key).translate(_to_z85)
