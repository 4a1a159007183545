"""scrypt of passwords (RFC 7914). Pure, and slow on purpose: called on the judging thread alone."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Final

COST: Final = 2**15
BLOCK: Final = 8
"""Together 32 MB and about 100 ms, on a Raspberry Pi some four times as long."""
_MAX_BYTES: Final = 64 * 1024**2


def slow_digest(secret: bytes, salt: str) -> str:
    """43 characters of base64url. The lock of Python is free meanwhile."""
    digest = hashlib.scrypt(secret, salt=salt.encode(), n=COST, r=BLOCK, p=1, maxmem=_MAX_BYTES, dklen=32)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def password_digest(password: str, salt: str) -> str:
    return slow_digest(b"password " + password.encode("utf-8", "surrogatepass"), salt)


def environment_digest(secrets: bytes, salt: str) -> str:
    """Of what the environment sets for a role; another use of the same salt, so with a prefix of its own."""
    return slow_digest(b"environment " + secrets, salt)
