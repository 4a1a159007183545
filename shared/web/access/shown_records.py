"""Records that a request shows, in its address, its Authorization header or its cookie, and what they open."""

from dataclasses import dataclass

from starlette.types import Scope

from shared.access.record_secret import is_record_secret
from shared.bus.access_state import AccessRecord
from shared.control.messages import Proof
from shared.web.access.access_book import ROLES
from shared.web.access.authenticator import AccessNotKnownError, Authenticator, BeyondTheTokenError
from shared.web.access.guarded_request import TOKEN, GuardedRequest
from shared.web.access.record_scope import RecordScope
from shared.web.access.roles import READING, Requester, Role
from shared.web.access.share_links import PARAMETER, ShareLink
from shared.web.texts import ACCESS_NOT_TOLD_YET, beyond_the_token


@dataclass(frozen=True, slots=True)
class Session:
    """What a session cookie proves. `record` None: it was signed here."""

    role: Role
    secret: str
    record: AccessRecord | None


class ShownRecords:
    """For the guard. `open_paths` are for everybody, so nothing that is shown there is refused."""

    def __init__(self, authenticator: Authenticator, open_paths: frozenset[str]) -> None:
        self._authenticator = authenticator
        self._open = open_paths

    def by_address(self, scope: Scope, request: GuardedRequest) -> Requester | None:
        """The holder of a link or a token in the address, which opens only what looks."""
        if request.method not in READING:
            return None
        given = request.in_address(PARAMETER)
        if given is not None and (record := self.record_of(request, given)) is not None:
            limits = RecordScope.of(record.scope)
            if limits is not None and limits.is_a_links and limits.opens("GET", request.path, request.query):
                return self.by_record(scope, request, given, record)
        elif given is not None:
            link = self._authenticator.signer.read_link(given)
            if link is not None and link.opens(request.path, request.query):
                return self._by_signed_link(scope, request, link)
        given = request.in_address(TOKEN)
        if given is None or (record := self.record_of(request, given)) is None or is_a_links(record):
            return None
        return self.by_record(scope, request, given, record, most=Role.VIEWER)

    def _by_signed_link(self, scope: Scope, request: GuardedRequest, link: ShareLink) -> Requester:
        scope["path"], scope["query_string"] = link.own_address(request.path, request.query)
        sender, limits = request.sender, RecordScope(subject=link.subject)
        return Requester(
            sender.address,
            sender.is_https,
            Role.VIEWER,
            link.ends_at,
            limits=limits,
            permission=self._authenticator.until_closed,
        )

    def by_record(  # noqa: PLR0913 what a record was shown with
        self,
        scope: Scope,
        request: GuardedRequest,
        secret: str,
        record: AccessRecord,
        *,
        most: Role = Role.OPERATOR,
        has_session: bool = False,
    ) -> Requester:
        """Its holder, who has no more than the role `most`.

        Raises:
            BeyondTheTokenError: the record opens something else.
        """
        limits, owner = RecordScope.of(record.scope), self._authenticator.owner
        if limits is not None and request.path not in self._open:
            if not limits.opens(request.method, request.path, request.query):
                raise BeyondTheTokenError(beyond_the_token(limits.cameras, has_archive=limits.has_archive))
            scope["path"], scope["query_string"] = limits.own_address(request.path, request.query)
        return Requester(
            request.sender.address,
            request.sender.is_https,
            min(most, ROLES[record.role]),
            None if owner is None else owner.book.local_end(record.ends_at),
            has_session=has_session,
            limits=limits,
            permission=None if owner is None else owner.book.by_record(record),
            proof=Proof(secret=secret),
        )

    def session_of(self, request: GuardedRequest, *, may_have_limits: bool = True) -> Session | None:
        """The session with the best role. Beside another proof a record with limits is none: they would be lost."""
        best = None
        for secret in request.sessions:
            record = self.record_of(request, secret)
            if record is not None and record.scope is not None and not may_have_limits:
                continue
            role = self._authenticator.signer.role_of_session(secret) if record is None else ROLES[record.role]
            if role is not None and not (record and is_a_links(record)) and (best is None or role > best.role):
                best = Session(role, secret, record)
        return best

    def record_of(self, request: GuardedRequest, secret: str) -> AccessRecord | None:
        owner = self._authenticator.owner
        if owner is None or not is_record_secret(secret):
            return None
        if not owner.book.is_known and request.path not in self._open:
            raise AccessNotKnownError(ACCESS_NOT_TOLD_YET)
        return owner.book.record_of(secret)


def is_a_links(record: AccessRecord) -> bool:
    return record.scope is not None and record.scope.path is not None
