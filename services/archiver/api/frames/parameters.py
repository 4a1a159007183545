"""The parameters of the frames' endpoints: what is allowed, and what a refusal says."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, HTTPException, Path, Query, Request
from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

from services.archiver.base import texts
from services.archiver.base.epoch import EPOCH
from services.archiver.base.local_time import SameHour
from services.archiver.db.frame_query import DAYLIGHT_BRIGHTNESS, Cursor, FrameQuery
from shared.bus.topics import KEY_PATTERN
from shared.time_zone import ZoneName

_THE_END: Final = datetime(9999, 1, 1, tzinfo=UTC)


def _in_range(value: datetime) -> datetime:
    # With room at the end, because a day or so is added to it later.
    if not EPOCH <= value < _THE_END:
        raise PydanticCustomError("out_of_range", "Input should be a time from 1970 to 9998")
    return value.astimezone(UTC)


def _cursor(value: str | None) -> str | None:
    try:
        if value is not None:
            Cursor.decode(value)
    except ValueError:
        raise PydanticCustomError("no_cursor", "Input should be a `next_cursor` of an earlier answer") from None
    return value


_SOME_CAMERA: Final = Query(pattern=KEY_PATTERN, max_length=63, description="a camera's key; all cameras without it")
_DEFAULT_CAMERA: Final = Query(pattern=KEY_PATTERN, max_length=63, description="a camera's key; else the default one")
CameraParameter = Annotated[str | None, _SOME_CAMERA]
CameraToCapture = Annotated[str | None, _DEFAULT_CAMERA]
Instant = Annotated[AwareDatetime, AfterValidator(_in_range)]
Since = Annotated[Instant | None, Query(alias="from", description="captured at this time or later, with its offset")]
Until = Annotated[Instant | None, Query(alias="to", description="captured before this time, with its offset")]
At = Annotated[Instant, Query(description="the instant, with its offset")]
CursorParameter = Annotated[str | None, AfterValidator(_cursor), Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500, description="at most this many")]
Daylight = Annotated[bool, Query(description=f"only pictures with a brightness of {DAYLIGHT_BRIGHTNESS:.0f} or more")]
Doubtful = Annotated[bool, Query(description="only frames whose time is in doubt, which are left out otherwise")]
Hour = Annotated[int | None, Query(ge=0, le=23, description="captured in this hour of any day, in the time zone `tz`")]
ZoneParameter = Annotated[
    ZoneName | None, Query(max_length=64, description="the time zone of hours and days; by default the archive's")
]
Order = Annotated[Literal["asc", "desc"], Query(description="`asc`: oldest first; `desc`: newest first")]
FrameId = Annotated[int, Path(description="a frame's `id`")]


def _range(since: Since = None, until: Until = None) -> tuple[datetime | None, datetime | None]:
    if since is not None and until is not None and since > until:
        raise HTTPException(422, texts.TIMES_SWAPPED)
    return since, until


Range = Annotated[tuple[datetime | None, datetime | None], Depends(_range)]


def archive_zone(request: Request) -> ZoneInfo:
    """The archive's own, which `create_app` has been told."""
    zone: ZoneInfo = request.app.state.zone
    return zone


def _zone(own: Annotated[ZoneInfo, Depends(archive_zone)], tz: ZoneParameter = None) -> ZoneInfo:
    return own if tz is None else ZoneInfo(tz)


Zone = Annotated[ZoneInfo, Depends(_zone)]


def _same_hour(zone: Zone, hour: Hour = None) -> SameHour | None:
    return None if hour is None else SameHour(hour, zone)


def _selection(
    same_hour: Annotated[SameHour | None, Depends(_same_hour)],
    stretch: Range,
    camera: CameraParameter = None,
    daylight: Daylight = False,
    doubtful: Doubtful = False,
) -> FrameQuery:
    return FrameQuery(camera, *stretch, daylight=daylight, same_hour=same_hour, doubtful=doubtful)


Selection = Annotated[FrameQuery, Depends(_selection)]
"""Which frames: the parameters that listing and downloading share."""
IfNoneMatch = Annotated[str | None, Header()]
