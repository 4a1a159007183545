"""`GET /api/camera/frames/status`: the archive, what is wrong with it, and its settings. Nothing secret is in it.

It answers whatever is away: then the unknown values are null, and the problems say why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import make_url

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.schemas import REFUSAL_IN_LINE
from services.archiver.api.turns import in_turn
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.settings import S3_SCHEME, ArchiverSettings
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.files.store import FrameStore
from shared import __version__
from shared.web.settings import shown

SETTINGS: Final = (
    "bus_connect",
    "archive_dir",
    "aws_endpoint_url",
    "cameras_file",
    "archive_keep",
    "archive_time_zone",
    "archive_take_back",
    "capture_when",
    "archive_delete_percent",
    "archive_max_bytes",
    "archive_min_free_bytes",
    "archive_webp_quality",
    "archive_webp_method",
    "timelapse_dir",
    "timelapse_keep",
    "timelapse_ffmpeg",
    "base_path",
)
"""The settings that are shown: a list of harmless ones, since a setting added later may be secret."""


@dataclass(frozen=True, slots=True)
class StatusSources:
    """Where the status comes from. All of it may be used from any thread."""

    frame_rows: FrameRows
    store: FrameStore
    dropped_messages: Callable[[], int]
    problems: Callable[[], list[str]]
    store_note: Callable[[], str | None] = lambda: None


class ArchiveStatus(BaseModel):
    """The archive as it is now."""

    version: str
    database: Literal["sqlite", "postgresql"]
    store: Literal["directory", "s3"]
    store_note: str | None = Field(description="what the store can't do, in a sentence; null if there is nothing")
    frames: int | None = Field(description="how many are archived; null while the database is away")
    bytes: int | None = Field(description="of their files with thumbnails")
    oldest_at: datetime | None
    newest_at: datetime | None
    free_bytes: int | None = Field(description="on the archive's disk; null where it can't be known")
    min_free_bytes: int | None = Field(description="with less, nothing more is archived; null without limit")
    max_bytes: int | None = Field(description="beyond it the oldest go; null without limit")
    dropped_messages: int = Field(description="malformed messages of the bus since the start")
    bus_has_keys: bool
    problems: list[str] = Field(description="as in `/readyz`")
    settings: dict[str, str]


def status_router(sources: StatusSources, settings: ArchiverSettings) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(tags=["health"])
    database = "sqlite" if make_url(settings.database_url.get_secret_value()).drivername == "sqlite" else "postgresql"
    store = "s3" if settings.archive_dir.startswith(S3_SCHEME) else "directory"

    @router.get(
        "/api/camera/frames/status",
        dependencies=[in_turn()],
        summary="The archive, what is wrong with it, and its settings",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def status() -> ArchiveStatus:
        frames, byte_count, ends = _amount(sources.frame_rows)
        return ArchiveStatus(
            version=__version__,
            database=database,
            store=store,
            store_note=sources.store_note(),
            frames=frames,
            bytes=byte_count,
            oldest_at=ends and ends[0].astimezone(UTC),
            newest_at=ends and ends[1].astimezone(UTC),
            free_bytes=_free_bytes(sources.store),
            min_free_bytes=settings.archive_min_free_bytes or None,
            max_bytes=settings.archive_max_bytes or None,
            dropped_messages=sources.dropped_messages(),
            bus_has_keys=settings.bus_client_secret_file is not None,
            problems=sources.problems(),
            settings=shown(settings, SETTINGS),
        )

    return router


def _amount(frame_rows: FrameRows) -> tuple[int | None, int | None, tuple[datetime, datetime] | None]:
    try:
        everything = FrameQuery()
        return frame_rows.count(everything), frame_rows.total_bytes(), frame_rows.ends(everything)
    except DatabaseUnavailableError:
        return None, None, None


def _free_bytes(store: FrameStore) -> int | None:
    try:
        return store.free_bytes()
    except StorageUnavailableError:
        return None
