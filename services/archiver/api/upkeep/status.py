"""The overview: what a person wants to know of the archive and of its settings, in one answer. Nothing secret is in it.

It answers whatever is away: what can't be told then is null, and the problems say why.
"""

from datetime import UTC, datetime
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import make_url

from services.archiver.api.schemas import PREFIX
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.settings import S3_SCHEME, ArchiverSettings
from services.archiver.db.frames import FrameQuery
from services.archiver.retention.rows import Rows
from services.archiver.service import Archiver
from shared import __version__
from shared.web.settings import shown

SETTINGS: Final = (
    "bus_connect",
    "archive_dir",
    "aws_endpoint_url",
    "archive_keep",
    "archive_time_zone",
    "archive_max_bytes",
    "archive_min_free_bytes",
    "archive_webp_quality",
    "archive_webp_method",
    "timelapse_dir",
    "timelapse_keep",
    "timelapse_ffmpeg",
    "base_path",
)
"""Those shown: a list of what is harmless, since a setting added tomorrow may be none."""


class ArchiveOverview(BaseModel):
    """The archive as it is now."""

    version: str
    database: Literal["sqlite", "postgresql"]
    store: Literal["directory", "s3"]
    frames: int | None = Field(description="how many are archived; null while the database is away")
    bytes: int | None = Field(description="of their files with thumbnails")
    oldest_at: datetime | None
    newest_at: datetime | None
    free_bytes: int | None = Field(description="on the archive's disk; null where nobody can tell")
    min_free_bytes: int | None = Field(description="with less, nothing more is archived; null without limit")
    max_bytes: int | None = Field(description="beyond it the oldest go; null without limit")
    dropped_messages: int = Field(description="malformed ones of the bus since the start")
    bus_has_keys: bool
    problems: list[str] = Field(description="as `/readyz` tells them")
    settings: dict[str, str]


def overview_router(archiver: Archiver, settings: ArchiverSettings) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(tags=["health"])
    database = "sqlite" if make_url(settings.database_url.get_secret_value()).drivername == "sqlite" else "postgresql"
    store = "s3" if settings.archive_dir.startswith(S3_SCHEME) else "directory"

    @router.get(f"{PREFIX}/status", summary="The archive, what is wrong with it, and its settings")
    def overview() -> ArchiveOverview:
        frames, byte_count, ends = _amount(archiver)
        return ArchiveOverview(
            version=__version__,
            database=database,
            store=store,
            frames=frames,
            bytes=byte_count,
            oldest_at=ends and ends[0].astimezone(UTC),
            newest_at=ends and ends[1].astimezone(UTC),
            free_bytes=_free_bytes(archiver),
            min_free_bytes=settings.archive_min_free_bytes or None,
            max_bytes=settings.archive_max_bytes or None,
            dropped_messages=archiver.dropped_messages(),
            bus_has_keys=settings.bus_client_secret_file is not None,
            problems=archiver.problems(),
            settings=shown(settings, SETTINGS),
        )

    return router


def _amount(archiver: Archiver) -> tuple[int | None, int | None, tuple[datetime, datetime] | None]:
    try:
        everything = FrameQuery()
        byte_count = Rows(archiver.engine).total_bytes()
        return archiver.catalog.count(everything), byte_count, archiver.catalog.ends(everything)
    except DatabaseUnavailableError:
        return None, None, None


def _free_bytes(archiver: Archiver) -> int | None:
    try:
        return archiver.shelf.store.free_bytes()
    except StorageUnavailableError:
        return None
