"""Upkeep: what the archiver does besides recording, put together from the settings: retention and time-lapses."""

from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.archiver.api.timelapses.routes import timelapse_router
from services.archiver.api.upkeep.retention import retention_router
from services.archiver.base.retention_policy import Policy, parse_age
from services.archiver.base.settings import ArchiverSettings
from services.archiver.files.durable import why_never_writable
from services.archiver.retention.cleaner import Cleaner
from services.archiver.retention.forecast import Survey
from services.archiver.retention.rows import Rows
from services.archiver.service import Archiver
from services.archiver.timelapse.queue import Renderer, TimelapseSettings
from shared.clock import Clock
from shared.errors import ConfigurationError


def add_upkeep(archiver: Archiver, settings: ArchiverSettings, clock: Clock) -> list[APIRouter]:
    """Let the archiver run both; their endpoints.

    Raises:
        ConfigurationError: when TIMELAPSE_DIR can never be used.
    """
    reason = why_never_writable(settings.timelapse_dir)
    if reason is not None:
        description = ArchiverSettings.model_fields["timelapse_dir"].description
        raise ConfigurationError(f"TIMELAPSE_DIR is '{settings.timelapse_dir}' but must be {description}: {reason}.")
    survey = survey_of(settings, Rows(archiver.engine))
    renderer = Renderer(_timelapse_settings(settings), archiver.engine, clock)
    archiver.parts |= {"retention": Cleaner(survey, archiver.catalog, archiver.shelf, clock), "time-lapses": renderer}
    store = archiver.shelf.store
    return [
        retention_router(survey, store, settings.archive_min_free_bytes, clock),
        timelapse_router(renderer),
    ]


def survey_of(settings: ArchiverSettings, rows: Rows) -> Survey:
    policy = Policy.parse(settings.archive_keep, ZoneInfo(settings.archive_time_zone))
    return Survey(rows, policy, settings.archive_max_bytes)


def _timelapse_settings(settings: ArchiverSettings) -> TimelapseSettings:
    return TimelapseSettings(
        archive=settings.archive_dir,
        directory=Path(settings.timelapse_dir),
        keep=parse_age(settings.timelapse_keep),
        ffmpeg=settings.timelapse_ffmpeg,
        min_free_bytes=settings.archive_min_free_bytes,
    )
