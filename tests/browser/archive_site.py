"""A site with a prepared archive: the archiver's process, a replica of stream and a scripted camera."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import httpx2

from services.archiver.db.engine import open_engine, upgrade, writing
from services.archiver.db.frames import FrameRows
from services.archiver.db.intervals import GapReason
from services.archiver.db.models import ArchiveGap
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import MONTH_SECONDS, jpeg_of
from tests.archiver.test_service import environment, running
from tests.support.archive import MadeArchive, picture_of
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

CAMERA = "camera_1"


@dataclass(frozen=True, slots=True)
class Site:
    """`day` has 22 frames and a gap of two hours. The two days before it are complete."""

    replica: Replica
    day: datetime

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.replica.port}"


@contextmanager
def archive_site(
    directory: Path,
    size: tuple[int, int] = (320, 180),
    settings: Mapping[str, str] = MappingProxyType({}),
    gaps: Sequence[tuple[int, int]] = (),
    imported: Sequence[datetime] = (),
) -> Iterator[Site]:
    """Run the site. `settings` are the archiver's, by the names of their environment variables.

    `gaps` are more gaps, in seconds from the begin of the day on. `imported` are the times of more frames: those may be
    older than Framecast.
    """
    env = environment(directory, **settings)
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    (directory / "frames").mkdir()
    archive = MadeArchive(FrameFiles(LocalStore(directory / "frames")), FrameRows(engine))
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    hours = [hour for hour in range(-48, 24) if hour not in (15, 16)]
    for at in imported:
        archive.frame(at, camera_key=CAMERA, created_at=day)
    archive.hours(day, hours, camera_key=CAMERA, size=size)
    begin = int(day.timestamp())
    with writing(engine) as session:
        session.add_all(
            ArchiveGap(
                camera_key=CAMERA,
                start_seconds=begin + first,
                end_seconds=begin + last,
                interval_seconds=interval,
                reason=GapReason.ARCHIVER_DOWN,
            )
            for interval, first, last in [(3600, 15 * 3600, 17 * 3600), *((60, *gap) for gap in gaps)]
        )
    engine.dispose()
    camera = ScriptedCamera(
        [jpeg_of(picture_of(day + timedelta(hours=10), size))], key=CAMERA, interval_seconds=MONTH_SECONDS
    )
    zone = {"archive_time_zone": env["ARCHIVE_TIME_ZONE"]} if "ARCHIVE_TIME_ZONE" in env else {}
    archiver = f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
    with (
        ScriptedBus(env["BUS_CONNECT"], [camera]).running(),
        running(env),
        running_replica(env["BUS_CONNECT"], archiver_url=archiver, settings=zone) as replica,
    ):
        wait_until(replica.knows_a_camera, "the camera is known")
        # The archive's newest frame is days old, so the clock is doubted until somebody says that it is right.
        httpx2.post(f"{archiver}/api/camera/retention/clock/confirm").raise_for_status()
        yield Site(replica, day)
