"""`GET /api/camera/frames/history`: each camera's last 24 hours and 30 days, as states with reasons."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import CameraParameter
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE
from services.archiver.api.turns import in_turn
from services.archiver.base.epoch import from_seconds
from services.archiver.db.history import HistoryRows, KnownCamera, Missing, Pieces

HOUR_SECONDS: Final = 3600
DAY_SECONDS: Final = 24 * HOUR_SECONDS
State = Literal["whole", "partly", "missing", "open", "off", "before"]


class HistoryPart(BaseModel):
    """Neighbouring hours or days of one state and reason."""

    begin: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    state: State = Field(
        description="`whole`: nothing is missing; `partly`; `missing`: no picture; `open`: not over yet; `off`: "
        "switched off or removed; `before`: before the camera's first picture"
    )
    missing_seconds: int
    reason: str | None = Field(description="of most that is missing, as in a gap")
    detail: str | None = Field(description="the camera's error then")


class CameraHistory(BaseModel):
    """A camera's strips, oldest first."""

    camera: str
    name: str
    hours: list[HistoryPart] = Field(description="24 hours, the last one being the present one")
    days: list[HistoryPart] = Field(description="30 days of 24 hours, which end with the present hour")


class HistoryAnswer(BaseModel):
    cameras: list[CameraHistory] = Field(description="every camera that was ever heard, by key")


def history_router(rows: HistoryRows) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/history",
        dependencies=[in_turn()],
        summary="Each camera's last 24 hours and 30 days, and why pictures are missing",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def history(camera: CameraParameter = None) -> HistoryAnswer:
        hours, days = strips(int(time.time()))
        of_hours, of_days = rows.missing(hours, camera), rows.missing(days, camera)
        return HistoryAnswer(
            cameras=[
                CameraHistory(
                    camera=known.key,
                    name=known.name,
                    hours=list(parts_of(known, hours, of_hours.get(known.key, {}))),
                    days=list(parts_of(known, days, of_days.get(known.key, {}))),
                )
                for known in rows.cameras(camera)
            ]
        )

    return router


def strips(now: int) -> tuple[Pieces, Pieces]:
    """The last 24 hours and the last 30 days. Both end with the present hour."""
    until = (now // HOUR_SECONDS + 1) * HOUR_SECONDS
    return (
        Pieces(until - DAY_SECONDS, HOUR_SECONDS, 24),
        Pieces(until - 30 * DAY_SECONDS, DAY_SECONDS, 30),
    )


def parts_of(camera: KnownCamera, pieces: Pieces, missing: Mapping[int, Missing]) -> Iterator[HistoryPart]:
    """A strip, in which neighbours of one state and reason are one part. Pure."""

    def kind(number: int) -> tuple[State, str | None]:
        return _state(camera, pieces, number, missing.get(number))

    for (state, reason), numbers in groupby(range(pieces.count), key=kind):
        run = list(numbers)
        amounts = [missing[number] for number in run if number in missing]
        yield HistoryPart(
            begin=from_seconds(pieces.end_of(run[0] - 1)),
            end=from_seconds(pieces.end_of(run[-1])),
            state=state,
            missing_seconds=sum(sum(amount.seconds.values()) for amount in amounts),
            reason=reason,
            detail=None if reason is None else next(filter(None, (each.details.get(reason) for each in amounts)), None),
        )


def _state(camera: KnownCamera, pieces: Pieces, number: int, missing: Missing | None) -> tuple[State, str | None]:
    end = pieces.end_of(number)
    begin = end - pieces.seconds
    if missing is not None:
        whole = min(end, max(camera.settled_until, begin + 1)) - begin
        return ("missing" if sum(missing.seconds.values()) >= whole else "partly"), missing.worst
    if camera.first is None or end <= camera.first:
        return "before", None
    if begin >= camera.settled_until:
        return ("open" if camera.is_watched else "off"), None
    return "whole", None
