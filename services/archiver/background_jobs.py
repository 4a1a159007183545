"""What the archiver does besides recording, put together from the settings: retention and time-lapses."""

from collections.abc import Iterable
from pathlib import Path

from fastapi import APIRouter

from services.archiver.api.timelapses.listing import timelapse_list_router
from services.archiver.api.timelapses.render import render_router
from services.archiver.api.timelapses.video import video_router
from services.archiver.api.upkeep.clock import clock_router
from services.archiver.api.upkeep.retention import RetentionSources, retention_router
from services.archiver.api.upkeep.status import StatusSources, status_router
from services.archiver.base.retention_policy import parse_age
from services.archiver.base.settings import ArchiverSettings
from services.archiver.clock.witnesses import witnesses_of
from services.archiver.files.durable import why_never_writable
from services.archiver.retention.cleaner import Cleaner
from services.archiver.retention.daily_share import DailyShare
from services.archiver.retention.forecast import Forecaster
from services.archiver.service import Archiver
from services.archiver.timelapse.queue import TimelapseQueue, TimelapseSettings
from shared.clock import Clock
from shared.errors import ConfigurationError


def add_background_jobs(archiver: Archiver, settings: ArchiverSettings, clock: Clock) -> Iterable[APIRouter]:
    """Let the archiver run both; the routers of their endpoints, and of the status.

    Raises:
        ConfigurationError: when TIMELAPSE_DIR can never be used.
    """
    reason = why_never_writable(settings.timelapse_dir)
    if reason is not None:
        description = ArchiverSettings.model_fields["timelapse_dir"].description
        raise ConfigurationError(f"TIMELAPSE_DIR is '{settings.timelapse_dir}' but must be {description}: {reason}.")
    forecaster = Forecaster.of(settings, archiver.engine, archiver.rules)
    queue = TimelapseQueue(_timelapse_settings(settings), archiver.engine, clock, archiver.frame_files.memory)
    share = DailyShare(archiver.engine, settings.archive_delete_percent)
    trusted = archiver.trusted_clock
    cleaner = Cleaner(forecaster, archiver.frame_rows, archiver.frame_files, trusted, share)
    archiver.witnesses = tuple(witnesses_of(archiver.engine, settings.archive_dir, settings.aws_endpoint_url))
    archiver.jobs |= {
        "retention": cleaner,
        "time-lapses": queue,
    }
    if settings.cameras_file is not None:
        archiver.jobs["rules of the cameras"] = archiver.rules
    store = archiver.frame_files.store
    sources = StatusSources(archiver.frame_rows, store, lambda: archiver.recorder.dropped.total, archiver.problems)
    return (
        status_router(sources, settings),
        clock_router(trusted, archiver.engine, archiver.frame_files),
        retention_router(
            RetentionSources(
                forecaster, share, trusted, store, settings.archive_min_free_bytes, clean_now=cleaner.clean_now
            )
        ),
        timelapse_list_router(queue),
        render_router(queue),
        video_router(queue),
    )


def _timelapse_settings(settings: ArchiverSettings) -> TimelapseSettings:
    return TimelapseSettings(
        archive=settings.archive_dir,
        directory=Path(settings.timelapse_dir),
        keep=parse_age(settings.timelapse_keep),
        ffmpeg=settings.timelapse_ffmpeg,
        min_free_bytes=settings.archive_min_free_bytes,
    )
