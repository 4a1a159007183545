"""The upkeep of the archive, put together: the rescan, the slow check, and the changes of cameras."""

from collections.abc import Callable, Iterable

from fastapi import APIRouter

from services.archiver.api.upkeep.cameras import camera_change_router, cameras_router
from services.archiver.api.upkeep.rescan import rescan_router
from services.archiver.base.settings import S3_SCHEME, ArchiverSettings
from services.archiver.db.camera_changes import CameraChanges
from services.archiver.db.cameras import CameraRows
from services.archiver.db.clock_rows import new_row
from services.archiver.db.recovery import Recovery
from services.archiver.service import Archiver
from services.archiver.upkeep.camera_changes import CameraKeeper
from services.archiver.upkeep.camera_job import CameraJob
from services.archiver.upkeep.check import Check
from services.archiver.upkeep.rescan import Rescan, RescanOptions
from services.archiver.upkeep.rescan_job import RescanJob
from services.archiver.upkeep.slow_check import SlowCheck
from shared.clock import Clock


def add_upkeep(archiver: Archiver, settings: ArchiverSettings, clock: Clock) -> Iterable[APIRouter]:
    """Let the archiver run all three; the routers of their endpoints."""
    engine, frame_files = archiver.engine, archiver.frame_files
    recovery = Recovery(
        engine,
        frame_files,
        clock.utc_ns,
        lambda stored: new_row(stored, archiver.trusted_clock),
        takes_back=settings.archive_take_back,
    )

    def make_rescan(options: RescanOptions, on_progress: Callable[[int], None]) -> Rescan:
        return Rescan(engine, frame_files, recovery, options, on_progress)

    def make_check() -> Check:
        # What is read from an object store is paid for.
        return Check(engine, frame_files.store, with_hashes=not settings.archive_dir.startswith(S3_SCHEME))

    slow_check = SlowCheck(engine, frame_files.store, recovery, make_check)
    rescan = RescanJob(make_rescan, archiver.frame_rows, clock, on_done=lambda _: slow_check.forget())
    cameras = CameraJob(CameraKeeper(engine, frame_files, recovery))
    archiver.jobs |= {"rescan": rescan, "slow check": slow_check, "cameras": cameras}

    def is_configured(key: str) -> bool:
        return archiver.recorder.is_configured(key)  # which exists from the start on

    return (
        cameras_router(CameraRows(engine), CameraChanges(engine), is_configured),
        camera_change_router(cameras),
        rescan_router(rescan),
    )
