"""Finds out who sends a request: by a link or token in its address, a secret, a session, or a proxy's sign-on.

It refuses nothing that is wrong, and knows no rules: the guard does.
"""

from starlette.types import Scope

from shared.control.messages import Proof
from shared.web.access.authenticator import Authenticator, WrongSecretError, secret_of
from shared.web.access.guarded_request import COOKIE, GuardedRequest
from shared.web.access.roles import Requester, Role
from shared.web.access.shown_records import Session, ShownRecords, is_a_links
from shared.web.access.sign_on import SIGN_ON_SECONDS, SignedOn


class Identification:
    """For the guard. At the `open_paths`, which are for everybody, no secret is checked."""

    def __init__(self, authenticator: Authenticator, shown: ShownRecords, open_paths: frozenset[str]) -> None:
        self._authenticator = authenticator
        self._shown = shown
        self._open = open_paths

    def of(self, scope: Scope, request: GuardedRequest) -> tuple[Requester, bool]:
        """The requester, and whether the proof is ambient: added by the browser itself, for a request from any page.

        Raises:
            TooManyAttemptsError: the client has tried too many passwords.
            SignOnUnreadableError: a proxy that signs users on names none.
            NotJudgedYetError: ingest has to judge the password.
            AccessNotKnownError: a record's secret was shown, and ingest has not told its records yet.
            BeyondTheTokenError: the token is for something else.
        """
        sender, authenticator = request.sender, self._authenticator
        signed_on = authenticator.sign_on.take(scope)
        if request.query and (by_address := self._shown.by_address(scope, request)) is not None:
            return by_address, False
        if not authenticator.is_on:
            requester = Requester(
                sender.address, sender.is_https, Role.OPERATOR, permission=authenticator.nothing_needed
            )
            return requester, True
        session = self._shown.session_of(request, may_have_limits=signed_on is None)
        role = None if session is None else session.role
        if signed_on is not None:
            return self._signed_on(scope, request, signed_on, session), True
        authorization = request.headers.get("authorization", "")
        secret = secret_of(authorization)
        if secret is not None and role is not Role.OPERATOR and request.path not in self._open:
            try:
                requester = self._by_secret(scope, request, secret)
            except WrongSecretError:
                # A valid session stays valid. The wrong secret is removed, so the archiver behind us does not count it.
                scope["headers"] = [header for header in scope["headers"] if header[0] != b"authorization"]
            else:
                return requester, not authorization.lower().startswith("bearer")
        if session is not None and session.record is not None:
            return self._shown.by_record(scope, request, session.secret, session.record, has_session=True), True
        permission = None if role is None else authenticator.until_closed
        return Requester(
            sender.address, sender.is_https, role, has_session=role is not None, permission=permission
        ), True

    def _by_secret(self, scope: Scope, request: GuardedRequest, secret: str) -> Requester:
        """The requester of a secret in the Authorization header.

        Raises:
            WrongSecretError: it belongs to nobody.
            FramecastError: one of those of `of`.
        """
        if (record := self._shown.record_of(request, secret)) is not None and not is_a_links(record):
            return self._shown.by_record(scope, request, secret, record)
        authenticator, sender = self._authenticator, request.sender
        role = authenticator.role_of_secret(secret, sender.address)
        if authenticator.owner is None:
            return Requester(sender.address, sender.is_https, role)
        permission, proof = authenticator.permission_of(secret), Proof(password=secret)
        return Requester(sender.address, sender.is_https, role, permission=permission, proof=proof)

    def _signed_on(
        self, scope: Scope, request: GuardedRequest, signed_on: SignedOn, session: Session | None
    ) -> Requester:
        """The user, with the better one of the roles of sign-on and of `session`. Behind us that is shown by a session
        of our own: the archiver believes no proxy that it does not see. A password is the proxy's to read.

        A role that only the session has ends with the session, and ingest is shown the session for it.
        """
        authenticator, sender = self._authenticator, request.sender
        better = session if session is not None and session.role > signed_on.role else None
        role = signed_on.role if better is None else better.role
        shown = (b"cookie", f"{COOKIE}={authenticator.signer.session(role)}".encode())
        others = [header for header in scope["headers"] if header[0] not in (b"authorization", b"cookie")]
        scope["headers"] = [*others, shown]
        ends_at = authenticator.clock.utc_ns() // 10**9 + SIGN_ON_SECONDS
        user, has_session, owner = signed_on.user, session is not None, authenticator.owner
        if owner is None:
            return Requester(sender.address, sender.is_https, role, ends_at, user, has_session)
        proof, permission = authenticator.sign_on.proof_of(signed_on), authenticator.until_closed
        if better is not None and better.record is not None:
            proof, permission = Proof(secret=better.secret), owner.book.by_record(better.record)
            ends_at = min(ends_at, owner.book.local_end(better.record.ends_at) or ends_at)
        return Requester(
            sender.address, sender.is_https, role, ends_at, user, has_session, permission=permission, proof=proof
        )
