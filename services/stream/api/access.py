"""`/api/access`: what the operator decides on access: passwords, tokens, sessions. Ingest keeps all of it.

Each request carries what its sender showed to us, and ingest judges that.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.stream.api.asking_ingest import IngestAsker
from services.stream.api.control_refusals import REFUSALS
from services.stream.api.session_cookie import set_session
from shared.bus.topics import CameraKey
from shared.web.access.access_book import ROLES
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import ACCESS
from shared.web.access.logins import arrived
from shared.web.access.owner_access import OwnerAccess
from shared.web.access.roles import requester_of

RoleName = Literal["viewer", "operator"]
RecordId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{12}$", description="a record's `id`")]
Code = Annotated[str | None, Field(min_length=1, max_length=64, description="the setup code, where nothing is claimed")]
MAX_NAME: Final = 64
MAX_CAMERAS: Final = 16


class Decision(BaseModel):
    """What a write needs besides the operator's login."""

    model_config = ConfigDict(extra="forbid")

    code: Code = None


class NewPassword(Decision):
    password: str = Field(min_length=8, max_length=256)


class NewToken(Decision):
    name: str = Field(min_length=1, max_length=MAX_NAME, description="what the token is for")
    role: RoleName = "viewer"
    cameras: list[CameraKey] | None = Field(
        None, min_length=1, max_length=MAX_CAMERAS, description="for these cameras alone; all without it"
    )
    archive: bool = Field(True, description="whether it opens the archive, too")
    ends_at: AwareDatetime | None = Field(None, description="when it runs out; never without it")


class Session(BaseModel):
    """A login of a person."""

    id: str
    role: RoleName
    since: datetime
    used_at: datetime | None = None
    address: str
    browser: str
    ends_at: datetime | None
    is_mine: bool


class Token(BaseModel):
    """A token, without its secret, which nobody keeps."""

    id: str
    name: str
    role: RoleName
    cameras: list[str] | None
    archive: bool
    made_at: datetime
    made_by: str
    used_at: datetime | None = None
    ends_at: datetime | None


class MadeToken(BaseModel):
    """`secret` is told once, here."""

    id: str
    secret: str
    is_kept: bool = Field(description="false: ingest's disk did not take it, so a restart of ingest forgets it")


class Done(BaseModel):
    is_kept: bool = Field(True, description="false: ingest's disk did not take it, so a restart of ingest forgets it")


class AccessSummary(BaseModel):
    """Who may come in by what."""

    is_claimed: bool = Field(description="whether a client must show something")
    viewer_password: Literal["page", "environment"] | None = Field(description="where it was set; null: there is none")
    operator_password: Literal["page", "environment"] | None
    state: str | None = Field(description="the name of ingest's state; null while it is not known")
    number: int | None
    problems: list[str]


def access_router(authenticator: Authenticator, owner: OwnerAccess) -> APIRouter:
    router = APIRouter(prefix=ACCESS, tags=["access"], responses=REFUSALS)
    ask = IngestAsker(authenticator, owner).ask

    @router.get("", summary="Who may come in by what")
    async def summary() -> AccessSummary:
        return _summary(authenticator, owner)

    @router.get("/sessions", summary="The logins of people")
    async def sessions(request: Request) -> list[Session]:
        return [_session(each) for each in (await ask(request, "sessions", {}))["sessions"]]

    @router.delete("/sessions", summary="End all sessions but one's own")
    async def end_sessions(
        request: Request, mine: Annotated[bool, Query(description="one's own, too")] = False
    ) -> Done:
        return _done(await ask(request, "end_sessions", {"all": True} if mine else {"all_but_mine": True}))

    @router.delete("/sessions/{record_id}", summary="End a session")
    async def end_session(request: Request, record_id: RecordId) -> Done:
        return _done(await ask(request, "end_sessions", {"ids": [record_id]}))

    @router.get("/tokens", summary="The tokens of programs")
    async def tokens(request: Request) -> list[Token]:
        return [_token(each) for each in (await ask(request, "tokens", {}))["tokens"]]

    @router.post("/tokens", summary="Make a token")
    async def make_token(request: Request, wanted: NewToken) -> MadeToken:
        ends_at = None if wanted.ends_at is None else int(wanted.ends_at.timestamp())
        arguments = {"name": wanted.name, "role": wanted.role, "cameras": wanted.cameras, "archive": wanted.archive}
        result = await ask(request, "make_token", {**arguments, "ends_at": ends_at}, wanted.code)
        await arrived(owner, result["secret"], ends_at)
        return MadeToken(id=result["id"], secret=result["secret"], is_kept=result.get("is_kept", True))

    @router.delete("/tokens/{record_id}", summary="End a token")
    async def end_token(request: Request, record_id: RecordId) -> Done:
        return _done(await ask(request, "end_token", {"id": record_id}))

    @router.put("/passwords/{role}", summary="Set the password of a role")
    async def set_password(request: Request, answer: Response, role: RoleName, wanted: NewPassword) -> Done:
        arguments = {"role": role, "password": wanted.password}
        result = await ask(request, "set_password", arguments, wanted.code)
        session, has = await arrived(owner, result["secret"], result["ends_at"]), requester_of(request.scope)
        if has.role is None or not has.has_session or ROLES[result["role"]] >= has.role:
            set_session(answer, request, session.secret, session.seconds)
        return _done(result)

    return router


def _summary(authenticator: Authenticator, owner: OwnerAccess) -> AccessSummary:
    def where(name: RoleName) -> Literal["page", "environment"] | None:
        if authenticator.sets_password(ROLES[name]):
            return "environment"
        return "page" if ROLES[name] in owner.book.passwords else None

    name, number = owner.book.mark
    return AccessSummary(
        is_claimed=authenticator.needs_a_secret,
        viewer_password=where("viewer"),
        operator_password=where("operator"),
        state=name,
        number=number,
        problems=authenticator.problems(),
    )


def _done(result: dict[str, Any]) -> Done:
    return Done(is_kept=result.get("is_kept", True))


def _session(told: dict[str, Any]) -> Session:
    times = {name: _time(told.get(name)) for name in ("since", "used_at", "ends_at")}
    return Session.model_validate({**told, **times})


def _token(told: dict[str, Any]) -> Token:
    scope = told.get("scope") or {}
    times = {name: _time(told.get(name)) for name in ("made_at", "used_at", "ends_at")}
    limits = {"cameras": scope.get("cameras"), "archive": scope.get("archive", True)}
    return Token.model_validate({**told, **times, **limits})


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
