"""`GET /api/camera/retention`: the tiers, the room, and which frames will be deleted when."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.archiver.api.turns import in_turn
from services.archiver.base.epoch import from_ns
from services.archiver.base.retention_policy import Tier
from services.archiver.files.store import FrameStore
from services.archiver.retention.forecast import Forecaster
from services.archiver.retention.plan import Expiry
from shared.clock import Clock


class TierAnswer(BaseModel):
    """One tier of ARCHIVE_KEEP."""

    tier: str
    at: str | None = Field(description="the local time of day; the frame nearest to it is kept")
    age_days: float | None = Field(description="null for ever")

    @classmethod
    def of(cls, tier: Tier) -> Self:
        age_days = None if tier.age is None else tier.age.total_seconds() / 86_400
        return cls(tier=tier.name, at=None if tier.at is None else f"{tier.at:%H:%M}", age_days=age_days)


class ExpiringDay(BaseModel):
    """How much is deleted on one local day."""

    date: date
    frames: int
    bytes: int


class ExpiringFrame(BaseModel):
    """A frame that will be deleted."""

    id: int
    camera: str
    captured_at: datetime
    bytes: int
    goes_at: datetime = Field(description="from this time on, within about an hour")
    why: str = Field(description="the tier that keeps it until then")

    @classmethod
    def of(cls, expiry: Expiry) -> Self:
        frame = expiry.frame
        return cls(
            id=frame.id,
            camera=frame.camera_key,
            captured_at=frame.captured_at,
            bytes=frame.byte_count,
            goes_at=expiry.until,
            why=expiry.why,
        )


class RetentionAnswer(BaseModel):
    """The tiers, the room, and what will be deleted."""

    keep: str = Field(description="ARCHIVE_KEEP")
    time_zone: str = Field(description="the time zone of the tiers' days and times of day")
    tiers: list[TierAnswer]
    bytes: int = Field(description="of all archived frames with their thumbnails")
    kept_frames: int = Field(description="how many are marked as kept: they are never deleted by age or for room")
    kept_bytes: int = Field(description="what those take of all bytes")
    unmet_limits: list[str] = Field(description="limits that the kept frames exceed alone, in words: not carried out")
    max_bytes: int | None = Field(description="beyond it the oldest go; null without limit")
    free_bytes: int | None = Field(description="on the archive's disk; null where it can't be known")
    min_free_bytes: int | None = Field(description="with less, nothing more is archived; null without limit")
    days: list[ExpiringDay] = Field(description="what goes by age, by local day; today's includes what is overdue")
    next: list[ExpiringFrame] = Field(description="the next frames to go by age")


def retention_router(forecaster: Forecaster, store: FrameStore, min_free_bytes: int, clock: Clock) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(tags=["retention"])

    @router.get("/api/camera/retention", dependencies=[in_turn()], summary="What will be deleted, and when")
    def retention(
        days: Annotated[int, Query(ge=1, le=3660, description="how far to look ahead")] = 30,
    ) -> RetentionAnswer:
        policy = forecaster.policy
        forecast = forecaster.forecast(from_ns(clock.utc_ns()), days)
        usage = forecaster.usage()
        return RetentionAnswer(
            keep=str(policy),
            time_zone=policy.zone.key,
            tiers=[TierAnswer.of(tier) for tier in policy.tiers],
            bytes=usage.bytes,
            kept_frames=usage.kept_frames,
            kept_bytes=usage.kept_bytes,
            unmet_limits=forecaster.unmet_limits(),
            max_bytes=forecaster.max_bytes or None,
            free_bytes=store.free_bytes(),
            min_free_bytes=min_free_bytes or None,
            days=[ExpiringDay(date=each.day, frames=each.frames, bytes=each.bytes) for each in forecast.days],
            next=[ExpiringFrame.of(expiry) for expiry in forecast.next],
        )

    return router
