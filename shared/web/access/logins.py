"""Logging in and out: ingest keeps the sessions where it is asked, and else a session is a signature of ours."""

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

from shared.access.record_secret import is_record_secret
from shared.control.messages import ControlRefusedError, ControlSilentError, Proof
from shared.web.access.authenticator import Authenticator, NotJudgedYetError, TooManyAttemptsError, WrongSecretError
from shared.web.access.guarded_request import sessions_in
from shared.web.access.owner_access import OwnerAccess, client_facts
from shared.web.access.roles import Requester, Role
from shared.web.access.signing import BRIEF_SESSION, SESSION

ARRIVAL_SECONDS: Final = 2.0
"""How long a login waits until this process has heard of its own session on the bus. The next request shows it."""
MAX_PASSWORD: Final = 1024
_NOT_JUDGED: Final = ("busy", "late")
"""Ingest is there, and has not looked at the password: for the person that is as if it were silent."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """For a cookie, which the browser keeps for `seconds`."""

    secret: str
    seconds: int


async def log_in(authenticator: Authenticator, password: str, requester: Requester, browser: str) -> NewSession:
    """A session for a right password.

    Raises:
        WrongSecretError: it is wrong.
        TooManyAttemptsError: it was not checked, because the client has to wait.
        ControlRefusedError: ingest refuses, in words.
        ControlSilentError: ingest does not answer, and the environment sets no such password.
    """
    owner = authenticator.owner
    if owner is None:
        return _signed(authenticator, authenticator.role_of_secret(password, requester.address), SESSION.seconds)
    if not 0 < len(password) <= MAX_PASSWORD:
        raise WrongSecretError
    try:
        return await _at_ingest(owner, password, requester, browser)
    except ControlSilentError as error:
        return _without_ingest(authenticator, password, requester, error)
    except ControlRefusedError as error:
        if error.why in _NOT_JUDGED:
            return _without_ingest(authenticator, password, requester, error)
        if error.why == "wrong":
            raise WrongSecretError from None
        if error.why == "wait":
            raise TooManyAttemptsError(max(1.0, error.wait_seconds or 1.0)) from None
        raise


async def end_sessions(authenticator: Authenticator, headers: Headers) -> bool:
    """End the sessions of a browser that logs out, everywhere; whether that is done."""
    owner, done = authenticator.owner, True
    for secret in sessions_in(headers) if owner is not None else ():
        if owner is not None and is_record_secret(secret):
            done &= await _end(owner, secret)
    return done


async def arrived(owner: OwnerAccess, secret: str, ends_at: int | None) -> NewSession:
    """A session that ingest has made, when this process knows it."""
    await owner.book.wait_for(secret, ARRIVAL_SECONDS)
    return NewSession(secret, SESSION.seconds if ends_at is None else max(1, ends_at - owner.book.now()))


async def _at_ingest(owner: OwnerAccess, password: str, requester: Requester, browser: str) -> NewSession:
    result = await owner.ask("log_in", Proof(password=password), client_facts(requester.address, browser))
    return await arrived(owner, result["secret"], result["ends_at"])


async def _end(owner: OwnerAccess, secret: str) -> bool:
    try:
        await owner.ask("log_out", Proof(secret=secret), client_facts(""))
    except ControlRefusedError:
        return True  # it had ended before, or is a token, which its browser forgets
    except ControlSilentError:
        return False
    return True


def _without_ingest(
    authenticator: Authenticator, password: str, requester: Requester, error: ControlRefusedError | ControlSilentError
) -> NewSession:
    """A brief session for a password of the settings. Any other counts as a guess, and `error` is raised for it."""
    try:
        role = authenticator.role_of_secret(password, requester.address)
    except NotJudgedYetError:
        authenticator.count_unjudged(password, requester.address)
        raise error from None
    if not authenticator.sets(password):
        raise error
    return _signed(authenticator, role, BRIEF_SESSION.seconds)


def _signed(authenticator: Authenticator, role: Role, seconds: int) -> NewSession:
    return NewSession(authenticator.signer.session(role), seconds)
