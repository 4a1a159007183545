"""Finds out who somebody is: by a secret, a session or a link. Owns what comes of wrong secrets."""

import base64
import binascii
from typing import Final

from shared.clock import Clock
from shared.logs import get_logger
from shared.web.access.credentials import Credentials
from shared.web.access.roles import Role
from shared.web.access.signing import Signer
from shared.web.access.throttle import LoginThrottle
from shared.web.settings import WebSettings

_MAX_CHARACTERS: Final = 1024
log = get_logger(__name__)


class WrongSecretError(Exception):
    """Raised when a password or token is nobody's."""


class TooManyAttemptsError(Exception):
    """Raised instead of looking at a secret when its sender has to wait, for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many wrong passwords came from your address. Try again in {seconds:.0f} s.")
        self.seconds = seconds


class Authenticator:
    """One per process; on its loop."""

    def __init__(self, settings: WebSettings, clock: Clock) -> None:
        self._credentials = Credentials(settings)
        self._throttle = LoginThrottle(clock.monotonic)
        self.clock: Final = clock
        self.signer: Final = Signer(self._credentials.keys, clock)
        self.is_on: Final = self._credentials.are_set
        self.has_operator: Final = Role.OPERATOR in self._credentials.keys

    def role_of_secret(self, secret: str, address: str) -> Role:
        """Whose password or token that is.

        Raises:
            WrongSecretError: it is nobody's.
            TooManyAttemptsError: it was not looked at.
        """
        if self._throttle.has_failed(address, secret):
            raise WrongSecretError
        wait = self._throttle.wait_seconds(address)
        if wait > 0:
            raise TooManyAttemptsError(max(1.0, wait))
        role = self._credentials.role_of(secret)
        if role is None:
            self._throttle.failed(address, secret)
            log.warning("login failed", address=address)
            raise WrongSecretError
        return role


def secret_of(authorization: str) -> str | None:
    """The secret in an Authorization header: Basic's password (any user name will do) or a Bearer token."""
    scheme, _, value = authorization.partition(" ")
    if len(value) > _MAX_CHARACTERS:
        return None
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            return _password_of(value)
        case _:
            return None


def _password_of(value: str) -> str | None:
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = decoded.decode()
    except UnicodeDecodeError:
        text = decoded.decode("latin-1")  # what Python's requests sends, and so Home Assistant
    return text.partition(":")[2]
