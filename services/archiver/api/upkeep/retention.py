"""`GET /api/camera/retention`: the tiers, the room, and which frames will be deleted when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.schemas import REFUSAL_IN_LINE
from services.archiver.api.turns import in_turn
from services.archiver.base import clock_texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.retention_policy import Tier
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.files.store import FrameStore
from services.archiver.retention.daily_share import DailyShare
from services.archiver.retention.forecast import Forecaster, total_of
from services.archiver.retention.outlook import CameraOutlook, Deletion, Outlook
from services.archiver.retention.plan import Expiry


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


class DeletionAnswer(BaseModel):
    """Frames of one camera that will be deleted."""

    why: Literal["age", "limit"] = Field(description="`limit`: about, if frames go on to come as in the last 30 days")
    frames: int
    bytes: int
    oldest_at: datetime = Field(description="when the oldest of them was captured")
    newest_at: datetime = Field(description="when the newest of them was captured")
    first_goes_at: datetime = Field(description="when the first of them goes, within about an hour")

    @classmethod
    def of(cls, deletion: Deletion) -> Self:
        return cls(
            why="age" if deletion.is_by_age else "limit",
            frames=deletion.frames,
            bytes=deletion.bytes,
            oldest_at=deletion.oldest,
            newest_at=deletion.newest,
            first_goes_at=deletion.first_at,
        )


class CameraRetention(BaseModel):
    """One camera: its rules, what it takes, and what will be deleted of it within the days."""

    camera: str
    keep: str = Field(description="its tiers: its own, or ARCHIVE_KEEP")
    has_own_keep: bool = Field(description="whether the cameras file says so")
    max_bytes: int | None = Field(description="its own limit, beyond which its oldest go; null without one")
    frames: int
    bytes: int = Field(description="of its frames with their thumbnails")
    kept_frames: int
    kept_bytes: int
    bytes_a_year: int = Field(description="about what it takes in, by the last 30 days")
    deletions: list[DeletionAnswer] = Field(description="at most one by age and one for room")

    @classmethod
    def of(cls, camera: CameraOutlook, forecaster: Forecaster) -> Self:
        rule, used = forecaster.rules.rule_of(camera.camera_key), camera.used
        return cls(
            camera=camera.camera_key,
            keep=str(forecaster.policy_of(camera.camera_key)),
            has_own_keep=rule.keep is not None,
            max_bytes=rule.max_bytes or None,
            frames=used.frames,
            bytes=used.bytes,
            kept_frames=used.kept_frames,
            kept_bytes=used.kept_bytes,
            bytes_a_year=camera.bytes_a_year,
            deletions=[DeletionAnswer.of(deletion) for deletion in camera.deletions],
        )


class RetentionAnswer(BaseModel):
    """The tiers, the room, and what will be deleted."""

    keep: str = Field(description="ARCHIVE_KEEP, for cameras without tiers of their own")
    time_zone: str = Field(description="the time zone of the tiers' days and times of day")
    tiers: list[TierAnswer]
    bytes: int = Field(description="of all archived frames with their thumbnails")
    kept_frames: int = Field(description="how many are marked as kept: they are never deleted by age or for room")
    kept_bytes: int = Field(description="what those take of all bytes")
    unmet_limits: list[str] = Field(description="limits that the kept frames exceed alone, in words: not carried out")
    max_bytes: int | None = Field(description="beyond it the oldest go; null without limit")
    free_bytes: int | None = Field(description="on the archive's disk; null where it can't be known")
    min_free_bytes: int | None = Field(description="with less, nothing more is archived; null without limit")
    held: int = Field(description="frames that are due by age now, and stay for one of the next two reasons")
    is_clock_in_doubt: bool = Field(description="then nothing goes by age")
    delete_percent: int = Field(description="of the archive, at most this share of what is overdue goes in a day")
    days: list[ExpiringDay] = Field(description="what goes by age, by local day; today's includes what is overdue")
    next: list[ExpiringFrame] = Field(description="the next frames to go by age")
    cameras: list[CameraRetention] = Field(description="each camera that has frames")


@dataclass(frozen=True, slots=True)
class RetentionSources:
    """What the answer is made of. All of it may be used from any thread but `clean_now`, which belongs to the loop."""

    forecaster: Forecaster
    share: DailyShare
    clock: TrustedClock
    store: FrameStore
    min_free_bytes: int
    clean_now: Callable[[], None]


def retention_router(sources: RetentionSources) -> APIRouter:
    """The endpoint that reads is a plain function, so it runs on a thread and may block."""
    forecaster, clock = sources.forecaster, sources.clock
    router = APIRouter(tags=["retention"])

    @router.get(
        "/api/camera/retention",
        dependencies=[in_turn()],
        summary="What will be deleted, and when",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def retention(
        days: Annotated[int, Query(ge=1, le=3660, description="how far to look ahead")] = 30,
    ) -> RetentionAnswer:
        policy = forecaster.policy
        now = from_ns(clock.clock.utc_ns())
        forecast = forecaster.forecast(now, days)
        usage = forecaster.usage()
        outlook = Outlook(forecaster, usage, forecast, now, days)
        total = total_of(usage)
        in_doubt, left = clock.doubt() is not None, sources.share.left(now, total.frames)
        held = forecast.due if in_doubt else 0 if left is None else max(0, forecast.overdue - left)
        return RetentionAnswer(
            keep=str(policy),
            time_zone=policy.zone.key,
            tiers=[TierAnswer.of(tier) for tier in policy.tiers],
            bytes=total.bytes,
            kept_frames=total.kept_frames,
            kept_bytes=total.kept_bytes,
            unmet_limits=forecaster.unmet_limits(usage),
            max_bytes=forecaster.max_bytes or None,
            free_bytes=sources.store.free_bytes(),
            min_free_bytes=sources.min_free_bytes or None,
            held=held,
            is_clock_in_doubt=in_doubt,
            delete_percent=sources.share.percent,
            days=[ExpiringDay(date=each.day, frames=each.frames, bytes=each.bytes) for each in forecast.days],
            next=[ExpiringFrame.of(expiry) for expiry in forecast.next],
            cameras=[CameraRetention.of(camera, forecaster) for camera in outlook.cameras()],
        )

    @router.post(
        "/api/camera/retention",
        status_code=202,
        summary="Delete at once all that is due by age, without the daily limit",
        responses=error_responses(unfinished="The clock is in doubt: nothing goes by age"),
    )
    async def delete_now() -> None:
        if clock.doubt() is not None:
            raise HTTPException(409, clock_texts.FIRST_THE_CLOCK)
        sources.clean_now()

    return router
