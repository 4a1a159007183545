"""The setup code: shown by a command on the machine, typed by a person, good once. Kept in memory, as a digest.

60 random bits, in Crockford's base32 (https://www.crockford.com/base32.html): no letter in it looks like a digit.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.ingest.access import texts
from shared.control.messages import ControlRefusedError

SECONDS: Final = 15 * 60
FRESH_SECONDS: Final = 60 * 60
"""Of the one that is printed at the start, while nothing is claimed."""
SPENT_SECONDS: Final = 60 * 60
"""So long somebody who types it a second time is told that it was used."""
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 12
_GROUP: Final = 4
_AS_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\t": None})


@dataclass(frozen=True, slots=True)
class _Spent:
    digest: bytes
    address: str
    until: float


class SetupCodes:
    """The one that is valid; a newer one replaces it. `spend` and `is_right` are called under one lock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic: Final = monotonic
        self._key: Final = secrets.token_bytes(32)
        self._valid: tuple[bytes, float] | None = None
        self._spent: _Spent | None = None

    def make(self, seconds: float) -> str:
        """A new code, as a person types it. It is valid for `seconds`."""
        digits = "".join(secrets.choice(_DIGITS) for _ in range(_LENGTH))
        self._valid = self._digest(digits), self._monotonic() + seconds
        return "-".join(digits[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))

    def is_right(self, typed: str) -> bool:
        """Whether it is the valid one, in any way of typing it.

        Raises:
            ControlRefusedError: `taken`, it was valid, and somebody has used it.
        """
        digest = self._digest(as_meant(typed))
        spent = self._spent
        if spent is not None and spent.until > self._monotonic() and hmac.compare_digest(spent.digest, digest):
            raise ControlRefusedError("taken", texts.code_spent(spent.address))
        if self._valid is None or self._valid[1] <= self._monotonic():
            return False
        return hmac.compare_digest(self._valid[0], digest)

    def spend(self, typed: str, address: str) -> bool:
        """Use it up, for the client at `address`; whether it was the valid one.

        Raises:
            ControlRefusedError: as `is_right` does.
        """
        if not self.is_right(typed):
            return False
        self._valid = None
        self._spent = _Spent(self._digest(as_meant(typed)), address, self._monotonic() + SPENT_SECONDS)
        return True

    def _digest(self, digits: str) -> bytes:
        return hashlib.blake2b(digits.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()


def as_meant(typed: str) -> str:
    """The digits that a person meant: small letters, spaces and hyphens, an O for 0, an I or L for 1."""
    return typed.upper().translate(_AS_MEANT)
