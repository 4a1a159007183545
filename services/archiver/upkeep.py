"""Upkeep: what the archiver does besides recording, put together from the settings: retention and time-lapses."""

from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.archiver.archiver import Archiver
from services.archiver.directories import why_never_writable
from services.archiver.retention.keeper import Keeper
from services.archiver.retention.policy import Policy, parse_age
from services.archiver.retention.routes import retention_router
from services.archiver.retention.rows import Rows
from services.archiver.retention.survey import Survey
from services.archiver.settings import ArchiverSettings
from services.archiver.timelapse.renderer import Renderer, TimelapseSettings
from services.archiver.timelapse.routes import timelapse_router
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
    archiver.parts |= {"retention": Keeper(survey, archiver.catalog, archiver.shelf, clock), "time-lapses": renderer}
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
