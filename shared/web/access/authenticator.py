"""The check of secrets, with the limit on wrong ones; and the signer for sessions and share links."""

import base64
import binascii
from typing import Final

from shared.access.throttle import FREE_FAILURES, LoginThrottle
from shared.clock import Clock
from shared.errors import FramecastError
from shared.web.access.access_secrets import AccessSecrets
from shared.web.access.roles import Role
from shared.web.access.sign_on import SignOn
from shared.web.access.signing import Signer
from shared.web.client_log import ClientLog, limit_met
from shared.web.settings import WebSettings
from shared.web.texts import too_many_attempts

_MAX_CHARACTERS: Final = 1024
_LOG_SECONDS: Final = 1.0


class WrongSecretError(FramecastError):
    """Raised when a password or token belongs to no role."""


class TooManyAttemptsError(FramecastError):
    """Raised when the client has to wait for `seconds`; its secret was not checked. The message is for the person."""

    def __init__(self, seconds: float) -> None:
        super().__init__(too_many_attempts(FREE_FAILURES, seconds))
        self.seconds = seconds


class Authenticator:
    """One per process, used on its loop. `is_on`: whether any password or token is set, or a proxy signs users on;
    `takes_passwords`: whether it is one of the former.
    """

    def __init__(self, settings: WebSettings, clock: Clock) -> None:
        self._secrets = secrets = AccessSecrets(settings)
        self._throttle = LoginThrottle(clock.monotonic)
        self._log = ClientLog(_LOG_SECONDS, clock.monotonic)
        self.clock: Final = clock
        self.signer: Final = Signer(secrets.keys, clock)
        self.sign_on: Final = SignOn(settings, clock)
        self.takes_passwords: Final = bool(secrets.roles)
        self.is_on: Final = self.takes_passwords or self.sign_on.is_on
        self.has_operator: Final = Role.OPERATOR in secrets.roles

    def role_of_secret(self, secret: str, address: str) -> Role:
        """The role that `secret` belongs to. `address` is the client's, for the limit on wrong secrets.

        Raises:
            WrongSecretError: it belongs to no role.
            TooManyAttemptsError: it was not checked, because the client has to wait.
        """
        if self._throttle.has_failed(address, secret):
            raise WrongSecretError
        wait = self._throttle.wait_seconds(address)
        if wait > 0:
            limit_met("wrong passwords", address, FREE_FAILURES)
            raise TooManyAttemptsError(max(1.0, wait))
        role = self._secrets.role_of(secret)
        if role is None:
            self._throttle.failed(address, secret)
            self._log.report("login failed", address)
            raise WrongSecretError
        return role


def secret_of(authorization: str) -> str | None:
    """The secret in an Authorization header: a Bearer token, or Basic's password with any user name."""
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
        text = decoded.decode("latin-1")  # Python's requests sends this, and so does Home Assistant
    return text.partition(":")[2]
