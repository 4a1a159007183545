"""`/api/camera/retention/clock`: whether this computer's clock is trusted, and what a wrong one left in the archive."""

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import Instant
from services.archiver.api.frames.schemas import REFUSAL_IN_LINE
from services.archiver.api.turns import in_turn
from services.archiver.base import clock_texts, retention_texts
from services.archiver.base.clock_doubt import DoubtKind
from services.archiver.base.epoch import EPOCH, from_ns
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.clock.clean_up import take_out
from services.archiver.db.clock_leftovers import ClockLeftovers, Leftovers
from services.archiver.files.frame_files import FrameFiles
from shared.clock import NS_PER_SECOND
from shared.other_computer import is_another_computer, is_client_elsewhere
from shared.web.access.roles import requester_of

ADDRESS: Final = "/api/camera/retention/clock"
BROWSER: Final = "a browser"
_IN_LINE: Final = error_responses(**REFUSAL_IN_LINE)
_REFUSALS: Final = error_responses(**REFUSAL_IN_LINE, unfinished="The clock is in doubt: first it has to be right")


class DoubtAnswer(BaseModel):
    """Why the clock is in doubt."""

    kind: DoubtKind
    text: str


class LeftoversAnswer(BaseModel):
    """What a wrong clock left in the archive."""

    frames: int = Field(description="whose time is in doubt; lists leave them out, `doubtful=true` lists them alone")
    bytes: int
    kept: int = Field(description="how many of the frames are marked as kept, and so are not taken out")
    kept_text: str | None = Field(description="the same as a sentence; null when there are none")
    oldest_at: datetime | None
    newest_at: datetime | None
    gaps: int = Field(description="that no outage made: of decades, or in the future")
    cameras: list[str] = Field(description="whose marks lie in the future")

    @classmethod
    def of(cls, found: Leftovers) -> Self:
        return cls(
            frames=found.frames,
            bytes=found.bytes,
            kept=found.kept,
            kept_text=retention_texts.kept_stay(found.kept, found.kept_bytes) if found.kept else None,
            oldest_at=found.oldest_at,
            newest_at=found.newest_at,
            gaps=len(found.gaps),
            cameras=list(found.cameras),
        )


class ClockAnswer(BaseModel):
    """This computer's clock."""

    now: datetime = Field(description="as it is set")
    doubt: DoubtAnswer | None = Field(description="null while it is trusted")
    witnesses: dict[str, float] = Field(description="how many seconds it was ahead of each other clock")
    leftovers: LeftoversAnswer


At = Annotated[Instant, Query(description="the time by the client's own clock, with its offset")]


def clock_router(clock: TrustedClock, engine: Engine, frame_files: FrameFiles) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block. `ClockWatch` settles what they end."""
    router = APIRouter(tags=["retention"], prefix=ADDRESS)
    leftovers = ClockLeftovers(engine)

    def answer() -> ClockAnswer:
        doubt, now = clock.doubt(), from_ns(clock.clock.utc_ns())
        told = doubt and DoubtAnswer(kind=doubt.kind, text=clock_texts.doubt(doubt))
        found = LeftoversAnswer.of(leftovers.find(now))
        return ClockAnswer(now=now, doubt=told, witnesses=dict(clock.witnesses), leftovers=found)

    @router.get("", dependencies=[in_turn()], summary="Whether this computer's clock is trusted", responses=_IN_LINE)
    def read_clock() -> ClockAnswer:
        return answer()

    @router.post(
        "/witness",
        dependencies=[in_turn()],
        summary="Tell the time of another clock, such as a browser's",
        responses=_IN_LINE,
    )
    def hear(request: Request, at: At) -> ClockAnswer:
        """The clock of a client on this very computer says nothing: it is the same one."""
        if is_client_elsewhere(_client_of(request)):
            clock.hear(BROWSER, round((at - EPOCH).total_seconds() * NS_PER_SECOND))
        return answer()

    @router.post(
        "/confirm",
        dependencies=[in_turn()],
        summary="Say that the clock is right: this ends a doubt",
        responses=_IN_LINE,
    )
    def confirm() -> ClockAnswer:
        clock.confirm()
        return answer()

    @router.delete(
        "/leftovers",
        dependencies=[in_turn()],
        summary="Delete the frames whose time is in doubt, except kept ones, and mend gaps and marks",
        responses=_REFUSALS,
    )
    def take_out_leftovers() -> LeftoversAnswer:
        if clock.doubt() is not None:
            raise HTTPException(409, clock_texts.FIRST_THE_CLOCK)
        return LeftoversAnswer.of(take_out(engine, frame_files, clock))

    return router


def _client_of(request: Request) -> str:
    """Its address, also behind a proxy on this computer that TRUSTED_PROXIES does not name, as stream is one. Whoever
    may tell the time may confirm it too, so an invented address gains nothing.
    """
    told = request.headers.getlist("x-forwarded-for")
    address = requester_of(request.scope).address
    if told and not is_another_computer(address):
        return told[-1].rpartition(",")[2].strip()
    return address
