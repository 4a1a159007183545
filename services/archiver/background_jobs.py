"""What the archiver does besides recording, put together from the settings: retention, time-lapses, upkeep."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.archiver.api.timelapses.listing import timelapse_list_router
from services.archiver.api.timelapses.render import render_router
from services.archiver.api.timelapses.video import video_router
from services.archiver.api.upkeep.clock import clock_router
from services.archiver.api.upkeep.retention import RetentionSources, retention_router
from services.archiver.api.upkeep.status import StatusSources, status_router
from services.archiver.base.retention_policy import parse_age
from services.archiver.base.settings import ArchiverSettings, unusable_directory
from services.archiver.base.timelapse_schedule import parse_schedule
from services.archiver.capture.ingest_rules import IngestRules
from services.archiver.clock.witnesses import witnesses_of
from services.archiver.db.told_rules import ToldRules
from services.archiver.files.disk_trial import why_unusable
from services.archiver.files.durable import is_there
from services.archiver.files.local_store import LocalStore
from services.archiver.files.mounts import missing_mount_point
from services.archiver.files.store import ProbedStore
from services.archiver.files.store_probe import StoreProbe
from services.archiver.retention.cleaner import Cleaner
from services.archiver.retention.daily_share import DailyShare
from services.archiver.retention.forecast import Forecaster
from services.archiver.service import Archiver
from services.archiver.timelapse.automatic import AutomaticTimelapses
from services.archiver.timelapse.formats import DEFAULT_FORMAT, why_unavailable
from services.archiver.timelapse.queue import TimelapseQueue
from services.archiver.timelapse.settings import TimelapseSettings
from services.archiver.upkeep_jobs import add_upkeep
from shared.clock import Clock
from shared.errors import ConfigurationError


def add_background_jobs(
    archiver: Archiver, settings: ArchiverSettings, clock: Clock, *, is_away: bool = False
) -> Iterable[APIRouter]:
    """Let the archiver run all of it; the routers of their endpoints, and of the status.

    `is_away`: the archive's disk is not mounted, and TIMELAPSE_DIR may be on it. So it is not made now.

    Raises:
        ConfigurationError: when TIMELAPSE_DIR can never be used, or TIMELAPSE_SCHEDULE can't be met.
    """
    _check_timelapse_directory(settings, is_away=is_away)
    forecaster = Forecaster.of(settings, archiver.engine, archiver.rules)
    store, trusted = archiver.frame_files.store, archiver.trusted_clock
    queue = _timelapse_queue(archiver, settings, clock)
    share = DailyShare(archiver.engine, settings.archive_delete_percent)
    cleaner = Cleaner(forecaster, archiver.frame_rows, archiver.frame_files, trusted, share)
    archiver.witnesses = tuple(witnesses_of(archiver.engine, settings.archive_dir, settings.aws_endpoint_url))
    archiver.jobs |= {"retention": cleaner, "time-lapses": queue}
    _add_rules(archiver, cleaner, settings)
    if settings.timelapse_schedule is not None:
        archiver.jobs["automatic time-lapses"] = _automatic(
            settings, settings.timelapse_schedule, queue, archiver, clock
        )
    sources = StatusSources(archiver.frame_rows, store, lambda: archiver.recorder.dropped.total, archiver.problems)
    if isinstance(store, ProbedStore):
        archiver.jobs["object store"] = StoreProbe(store)
        sources = replace(sources, store_note=lambda: store.note)
    return (
        *add_upkeep(archiver, settings, clock),
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


def _check_timelapse_directory(settings: ArchiverSettings, *, is_away: bool) -> None:
    """
    Raises:
        ConfigurationError: TIMELAPSE_DIR can never be used.
    """
    is_left = missing_mount_point(settings.timelapse_dir) or (is_away and not is_there(settings.timelapse_dir))
    reason = None if is_left else why_unusable(settings.timelapse_dir)
    if reason is not None:
        raise unusable_directory("timelapse_dir", settings.timelapse_dir, reason)


def _timelapse_queue(archiver: Archiver, settings: ArchiverSettings, clock: Clock) -> TimelapseQueue:
    files, trusted = archiver.frame_files, archiver.trusted_clock
    store = files.store
    return TimelapseQueue(
        _timelapse_settings(settings),
        archiver.engine,
        clock,
        files.memory,
        store.check_disk,
        is_clock_trusted=lambda: trusted.doubt() is None,
        archive_id=lambda: store.marker.archive_id if isinstance(store, LocalStore) else None,
    )


def _add_rules(archiver: Archiver, cleaner: Cleaner, settings: ArchiverSettings) -> None:
    """Have the cameras' own rules followed: those of the cameras file, and those that ingest tells."""
    if settings.cameras_file is not None:
        archiver.jobs["rules of the cameras"] = archiver.rules
    hears = settings.bus_control is not None
    # Without it, too, cameras keep the rules that were told before: else more of theirs would be deleted.
    told = IngestRules(archiver.rules, ToldRules(archiver.engine), settings.bus_count if hears else 0)
    archiver.jobs["rules of ingest"], cleaner.refresh_rules = told, told.refresh
    if hears:
        archiver.on_report = told.hear


def _automatic(
    settings: ArchiverSettings, schedule: str, queue: TimelapseQueue, archiver: Archiver, clock: Clock
) -> AutomaticTimelapses:
    reason = why_unavailable(DEFAULT_FORMAT, settings.timelapse_ffmpeg)
    if reason is not None:
        raise ConfigurationError(f"TIMELAPSE_SCHEDULE is '{schedule}' but can't be met: {reason}")
    zone = ZoneInfo(settings.archive_time_zone)
    return AutomaticTimelapses(parse_schedule(schedule), zone, queue, archiver.engine, clock)


def _timelapse_settings(settings: ArchiverSettings) -> TimelapseSettings:
    return TimelapseSettings(
        archive=settings.archive_dir,
        directory=Path(settings.timelapse_dir),
        keep=parse_age(settings.timelapse_keep),
        ffmpeg=settings.timelapse_ffmpeg,
        min_free_bytes=settings.archive_min_free_bytes,
    )
