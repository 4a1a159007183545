"""The JSON of frames, gaps and days. Times are UTC."""

from datetime import date, datetime
from typing import Final, Self

from pydantic import BaseModel, Field

from services.archiver.base.epoch import from_seconds
from services.archiver.db.gap_columns import GapSpan, JoinedGaps
from services.archiver.db.models import ArchivedFrame, ArchiveGap, FrameKind

PREFIX: Final = "/api/camera/frames"
ANY_REFUSAL: Final = {"away": "The archive can't be read: try again later", "parameter": "A parameter can't be used"}
"""What every endpoint may answer; for `error_responses`."""
REFUSAL_IN_LINE: Final = {**ANY_REFUSAL, "full": "Too many such requests of this address wait: try again later"}
"""What an endpoint may answer whose requests take turns."""


class FrameAnswer(BaseModel):
    """One archived frame."""

    id: int
    camera: str
    kind: FrameKind = Field(
        description=(
            "`slot`: captured for its slot; `manual`: captured on request, without a slot; `imported`: a still of "
            "another program, without a slot"
        )
    )
    slot_start: datetime | None = Field(description="when the frame's slot begins")
    interval_seconds: int | None = Field(description="how long the slot is")
    captured_at: datetime = Field(description="when the picture was taken")
    width: int
    height: int
    bytes: int = Field(description="size of the WebP file")
    sha256: str = Field(description="of the WebP file; also its ETag")
    brightness: float | None = Field(description="mean luma from 0 (black) to 255; null until it has been measured")
    perceptual_hash: str | None = Field(
        description="64 bits in hexadecimal; similar pictures differ in few of them; null until measured"
    )
    kept: bool = Field(description="somebody marked it as kept: retention never deletes it")
    image_url: str = Field(description="where the WebP file is, relative to this server; it may be cached for ever")
    thumbnail_url: str = Field(description="the same for a small WebP copy, 320 pixels wide at the most")

    @classmethod
    def of(cls, frame: ArchivedFrame) -> Self:
        # Another picture never has the same address, not even in another database (`address_versions.py`).
        version = frame.sha256[:12]
        return cls(
            id=frame.id or 0,
            camera=frame.camera_key,
            kind=FrameKind(frame.kind),
            slot_start=None if frame.slot_start is None else from_seconds(frame.slot_start),
            interval_seconds=frame.interval_seconds,
            captured_at=frame.captured_at,
            width=frame.width,
            height=frame.height,
            bytes=frame.bytes,
            sha256=frame.sha256,
            brightness=frame.brightness,
            perceptual_hash=frame.perceptual_hash,
            kept=frame.kept,
            image_url=f"{PREFIX}/{frame.id}/image?v={version}",
            thumbnail_url=f"{PREFIX}/{frame.id}/thumbnail?v={version}",
        )


class FramesAnswer(BaseModel):
    """A page of frames in the requested order."""

    frames: list[FrameAnswer]
    next_cursor: str | None = Field(description="give it as `cursor` for the next page; null on the last one")


class GapAnswer(BaseModel):
    """A stretch of slots without a picture."""

    camera: str
    begin: datetime = Field(serialization_alias="from", description="when the first of the slots begins")
    end: datetime = Field(serialization_alias="to", description="when the last of them ends")
    interval_seconds: int
    slots: int = Field(description="how many there are")
    reason: str = Field(description="why, for instance `camera offline`, `archiver down`, `disk full`, `deleted`")
    detail: str | None = Field(description="the error in the camera's status when it began")

    @classmethod
    def of(cls, gap: ArchiveGap) -> Self:
        span = GapSpan(gap.start_seconds, gap.end_seconds, gap.interval_seconds)
        return cls(
            camera=gap.camera_key,
            begin=from_seconds(gap.start_seconds),
            end=from_seconds(gap.end_seconds),
            interval_seconds=gap.interval_seconds,
            slots=slots_in(span, span.start, span.end),
            reason=gap.reason,
            detail=gap.detail,
        )


class GapsAnswer(BaseModel):
    """A page of gaps, oldest first."""

    gaps: list[GapAnswer]
    next_cursor: str | None = Field(description="give it as `cursor` for the next page; null on the last one")


class JoinedGapAnswer(GapAnswer):
    """Gaps that begin near each other as one. `reason` and `detail` are those of the most slots."""

    gaps: int = Field(description="how many gaps these are")
    missing_seconds: int = Field(description="how much of the stretch is without a picture")

    @classmethod
    def of_joined(cls, joined: JoinedGaps) -> Self:
        return cls(
            camera=joined.camera_key,
            begin=from_seconds(joined.start),
            end=from_seconds(joined.end),
            interval_seconds=joined.interval_seconds,
            slots=joined.slots,
            reason=joined.reason,
            detail=joined.detail,
            gaps=joined.gaps,
            missing_seconds=joined.missing_seconds,
        )


class JoinedGapsAnswer(BaseModel):
    """The answer to a request with `resolution`."""

    gaps: list[JoinedGapAnswer]
    next_cursor: str | None = Field(description="give it as `cursor` for the next page; null on the last one")


class DayAnswer(BaseModel):
    """How much there is of one local day."""

    date: date
    frames: int
    bytes: int = Field(description="of the frames' files with their thumbnails")
    missed: int = Field(description="slots without a picture, unless it was deleted")


class DaysAnswer(BaseModel):
    """The days that have frames or gaps, oldest first."""

    days: list[DayAnswer]


def slots_in(gap: GapSpan, since: int, until: int) -> int:
    """How many of the gap's slots begin in the stretch from `since` to `until` (epoch seconds)."""
    begin, end = max(gap.start, since), min(gap.end, until)
    return max(0, -((begin - end) // gap.interval_seconds))
