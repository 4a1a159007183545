"""The questions of access, asked anew for each request: whether a secret is needed, and whose it is. Owns the limit on
wrong ones.
"""

import asyncio
import base64
import binascii
from typing import Final

from shared.access.record_secret import is_record_secret
from shared.access.throttle import FREE_FAILURES, LoginThrottle
from shared.clock import Clock
from shared.control.messages import ClientFacts, ControlRefusedError, ControlSilentError
from shared.errors import FramecastError
from shared.web.access.access_book import Grant
from shared.web.access.access_secrets import AccessSecrets
from shared.web.access.owner_access import OwnerAccess
from shared.web.access.roles import Role
from shared.web.access.share_links import ShareLink
from shared.web.access.sign_on import SignOn
from shared.web.access.signing import BRIEF_SESSION, SESSION, Signer
from shared.web.client_log import ClientLog, limit_met
from shared.web.settings import WebSettings
from shared.web.texts import ACCESS_NOT_TOLD_YET, too_many_attempts

_MAX_CHARACTERS: Final = 1024
_LOG_SECONDS: Final = 1.0


class WrongSecretError(FramecastError):
    """Raised when a password or token belongs to no role."""


class TooManyAttemptsError(FramecastError):
    """Raised when the client has to wait for `seconds`; its secret was not checked. The message is for the person."""

    def __init__(self, seconds: float) -> None:
        super().__init__(too_many_attempts(FREE_FAILURES, seconds))
        self.seconds = seconds


class NotJudgedYetError(FramecastError):
    """Raised when ingest has to judge `password` first."""

    def __init__(self, password: str) -> None:
        super().__init__()
        self.password = password


class AccessNotKnownError(FramecastError):
    """Raised when a record's secret is shown before ingest has told its records. The message is for the person."""


class BeyondTheTokenError(FramecastError):
    """Raised when a token is good, but for something else. The message is for the person."""


class Authenticator:
    """One per process, used on its loop. With `owner`, what the owner decides at the page counts beside the settings:
    so each answer holds for one request.
    """

    def __init__(self, settings: WebSettings, clock: Clock, owner: OwnerAccess | None = None) -> None:
        self._secrets = secrets = AccessSecrets(settings)
        self._throttle = LoginThrottle(clock.monotonic)
        self._log = ClientLog(_LOG_SECONDS, clock.monotonic)
        self._has_passwords = bool(secrets.roles)
        self.clock: Final = clock
        self.owner: Final = owner
        self.signer: Final = Signer(secrets.keys, clock, SESSION if owner is None else BRIEF_SESSION)
        self.sign_on: Final = SignOn(settings, clock)
        self._has_secrets = self._has_passwords or self.sign_on.is_on
        self.nothing_needed: Final = None if owner is None else owner.book.by_nothing(lambda: not self.is_on)
        """What lets somebody in who has shown nothing."""
        self.until_closed: Final = None if owner is None else owner.book.until_closed()
        """What lets somebody in by the settings: their passwords, what is signed with their keys, a proxy's sign-on."""
        if owner is not None:
            owner.book.on_new_passwords = self._forget_failures

    @property
    def takes_passwords(self) -> bool:
        """Whether there is any password or token of the settings, or a password of the page."""
        return self._has_passwords or (self.owner is not None and bool(self.owner.book.passwords))

    @property
    def needs_a_secret(self) -> bool:
        """Whether somebody has set what a client must show."""
        return self._has_secrets or (self.owner is not None and self.owner.book.has_passwords)

    @property
    def is_on(self) -> bool:
        """Whether a client must show something."""
        if self.owner is None:
            return self._has_secrets
        return self._has_secrets or self.owner.book.has_passwords or self.owner.is_published

    @property
    def needs_setup(self) -> bool:
        """Whether nobody can log in before the owner has set a password by the setup code."""
        return self.owner is not None and self.is_on and not self.takes_passwords and not self.sign_on.is_on

    @property
    def has_operator(self) -> bool:
        if Role.OPERATOR in self._secrets.roles:
            return True
        return self.owner is not None and self.owner.book.has_operator

    @property
    def why_closed(self) -> str | None:
        """Why nobody is let in now, in words: access is closed, or nothing is known of it. Silence is no permission."""
        if self.owner is None:
            return None
        if self.owner.book.closed is not None:
            return self.owner.book.closed
        known = self.owner.book.is_known or self._has_secrets
        return None if known else ACCESS_NOT_TOLD_YET

    def problems(self) -> list[str]:
        """What is wrong with the owner's decisions, as this process knows them, in words."""
        return [] if self.owner is None else self.owner.book.problems()

    def sets_password(self, role: Role) -> bool:
        """Whether the settings have a password or token of this role."""
        return role in self._secrets.roles

    def read_link(self, given: str) -> ShareLink | None:
        """The share link, by its signature or by the record that ingest keeps; None when it has ended, or is none. Its
        end is by the clock of this computer.
        """
        owner = self.owner
        record = None if owner is None else owner.book.record_of(given)
        if owner is None or record is None:
            return self.signer.read_link(given)
        subject = None if record.scope is None else record.scope.path
        return None if subject is None else ShareLink(subject, owner.book.local_end(record.ends_at) or 0)

    def role_of_secret(self, secret: str, address: str) -> Role:
        """The role that a password, or a token of the settings, belongs to. `address` is the client's, for the limit on
        wrong secrets.

        Raises:
            WrongSecretError: it belongs to no role.
            TooManyAttemptsError: it was not checked, because the client has to wait.
            NotJudgedYetError: it may be a password of the page: `have_judged` asks ingest.
        """
        if self._throttle.has_failed(address, secret):
            raise WrongSecretError
        if self.owner is not None and self.owner.judge.is_asking(secret, address):
            raise NotJudgedYetError(secret)  # it was compared when it came first
        wait = self._throttle.wait_seconds(address)
        if wait > 0:
            limit_met("wrong passwords", address, FREE_FAILURES)
            raise TooManyAttemptsError(max(1.0, wait))
        role = self._secrets.role_of(secret)
        if role is None and secret and self.owner is not None and self.owner.book.passwords:
            judgement = self.owner.judge.remembered(secret)
            if judgement is None and not is_record_secret(secret):
                raise NotJudgedYetError(secret)
            role = None if judgement is None else judgement.role
        if role is None:
            self._failed(address, secret)
            raise WrongSecretError
        return role

    def sets(self, secret: str) -> bool:
        """Whether the settings have a secret that `role_of_secret` has found right."""
        return self._secrets.role_of(secret) is not None

    def count_unjudged(self, password: str, address: str) -> None:
        """Ingest has not judged a password, so nobody knows whether it is right. It counts as a guess, but not as a
        wrong one: otherwise passwords of the settings could be guessed without limit meanwhile.
        """
        marked = f"unjudged {password}"
        if not self._throttle.has_failed(address, marked):
            self._throttle.failed(address, marked)

    async def have_judged(self, password: str, client: ClientFacts) -> None:
        """Have ingest judge a password. `role_of_secret` knows it afterwards.

        It is no password of the settings, since `role_of_secret` has compared it with them: so it is a guess at those
        from now on, whatever ingest answers, except that it is right.

        Raises:
            TooManyAttemptsError: ingest has not judged it, because the client has to wait.
            ControlRefusedError: ingest has not judged it.
            ControlSilentError: ingest does not answer.
        """
        if self.owner is None:
            return
        address = client.address
        self._throttle.begin(address, password)
        try:
            await self.owner.judge.judge(password, client)
        except ControlRefusedError as error:
            if error.why == "wrong":
                if not self._throttle.has_failed(address, password):  # several requests may have waited for one answer
                    self._failed(address, password)
                return
            self.count_unjudged(password, address)
            if error.why == "wait":
                raise TooManyAttemptsError(max(1.0, error.wait_seconds or 1.0)) from None
            raise
        except (ControlSilentError, asyncio.CancelledError):
            self.count_unjudged(password, address)
            raise
        finally:
            self._throttle.end(address, password)

    def permission_of(self, password: str) -> Grant | None:
        """What a right password lets in by, where the owner may take that back at the page."""
        if self.owner is None or self.sets(password):
            return self.until_closed
        judgement = self.owner.judge.remembered(password)
        return None if judgement is None else self.owner.book.by_password(judgement.role, judgement.generation)

    def _failed(self, address: str, secret: str) -> None:
        self._throttle.failed(address, secret)
        self._log.report("login failed", address)

    def _forget_failures(self) -> None:
        """A password that was wrong may be right now."""
        self._throttle.forget_attempts()


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
