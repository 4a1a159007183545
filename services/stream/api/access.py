"""`/api/access`: what the operator decides on access: passwords, tokens, sessions, links. Ingest keeps all of it.

Each request carries what its sender showed to us, and ingest judges that.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from services.stream.api.access_schemas import (
    AccessSummary,
    Done,
    Link,
    MadeToken,
    NewPassword,
    NewToken,
    RoleName,
    Session,
    Token,
)
from services.stream.api.asking_ingest import IngestAsker
from services.stream.api.control_refusals import REFUSALS
from services.stream.api.session_cookie import set_session
from shared.web.access.access_book import ROLES
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import ACCESS
from shared.web.access.logins import arrived
from shared.web.access.owner_access import OwnerAccess
from shared.web.access.roles import requester_of

RecordId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{12}$", description="a record's `id`")]


class Decider(IngestAsker):
    """Has ingest decide what a request asks for, by what its sender showed."""

    def summary(self) -> AccessSummary:
        """Who may come in by what, without asking."""
        name, number = self.owner.book.mark
        return AccessSummary(
            is_claimed=self._authenticator.needs_a_secret,
            viewer_password=self._password("viewer"),
            operator_password=self._password("operator"),
            state=name,
            number=number,
            problems=self._authenticator.problems(),
        )

    def _password(self, name: RoleName) -> Literal["page", "environment"] | None:
        if self._authenticator.sets_password(ROLES[name]):
            return "environment"
        return "page" if ROLES[name] in self.owner.book.passwords else None


def access_router(authenticator: Authenticator, owner: OwnerAccess) -> APIRouter:
    router = APIRouter(prefix=ACCESS, tags=["access"], responses=REFUSALS)
    decider = Decider(authenticator, owner)

    @router.get("", summary="Who may come in by what")
    async def summary() -> AccessSummary:
        return decider.summary()

    for add in (_add_passwords, _add_sessions, _add_tokens, _add_links):
        add(router, decider)
    return router


def _add_passwords(router: APIRouter, decider: Decider) -> None:
    @router.put("/passwords/{role}", summary="Set the password of a role")
    async def set_password(request: Request, answer: Response, role: RoleName, wanted: NewPassword) -> Done:
        arguments = {"role": role, "password": wanted.password}
        result = await decider.ask(request, "set_password", arguments, wanted.code)
        session, has = await arrived(decider.owner, result["secret"], result["ends_at"]), requester_of(request.scope)
        if has.role is None or not has.has_session or ROLES[result["role"]] >= has.role:
            set_session(answer, request, session.secret, session.seconds)
        return _done(result)


def _add_sessions(router: APIRouter, decider: Decider) -> None:
    @router.get("/sessions", summary="The logins of people")
    async def sessions(request: Request) -> list[Session]:
        return [Session.by(each) for each in (await decider.ask(request, "sessions"))["sessions"]]

    @router.delete("/sessions", summary="End all sessions but one's own")
    async def end_sessions(
        request: Request, mine: Annotated[bool, Query(description="one's own, too")] = False
    ) -> Done:
        arguments = {"all": True} if mine else {"all_but_mine": True}
        return _done(await decider.ask(request, "end_sessions", arguments))

    @router.delete("/sessions/{record_id}", summary="End a session")
    async def end_session(request: Request, record_id: RecordId) -> Done:
        return _done(await decider.ask(request, "end_sessions", {"ids": [record_id]}))


def _add_tokens(router: APIRouter, decider: Decider) -> None:
    @router.get("/tokens", summary="The tokens of programs")
    async def tokens(request: Request) -> list[Token]:
        return [Token.by(each) for each in (await decider.ask(request, "tokens"))["tokens"]]

    @router.post("/tokens", summary="Make a token")
    async def make_token(request: Request, wanted: NewToken) -> MadeToken:
        ends_at = None if wanted.ends_at is None else int(wanted.ends_at.timestamp())
        arguments = {**wanted.model_dump(exclude={"code"}), "ends_at": ends_at}
        result = await decider.ask(request, "make_token", arguments, wanted.code)
        await arrived(decider.owner, result["secret"], ends_at)
        return MadeToken(id=result["id"], secret=result["secret"], is_kept=result.get("is_kept", True))

    @router.delete("/tokens/{record_id}", summary="End a token")
    async def end_token(request: Request, record_id: RecordId) -> Done:
        return _done(await decider.ask(request, "end_token", {"id": record_id}))


def _add_links(router: APIRouter, decider: Decider) -> None:
    @router.get("/links", summary="The share links")
    async def links(request: Request) -> list[Link]:
        return [Link.by(each) for each in (await decider.ask(request, "links"))["links"]]

    @router.delete("/links/{record_id}", summary="End a share link")
    async def end_link(request: Request, record_id: RecordId) -> Done:
        return _done(await decider.ask(request, "end_link", {"id": record_id}))


def _done(result: dict[str, Any]) -> Done:
    return Done(is_kept=result.get("is_kept", True))
