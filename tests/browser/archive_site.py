"""A site with a prepared archive: the archiver's process, a replica of stream and a scripted camera."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

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
    directory: Path, size: tuple[int, int] = (320, 180), settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Site]:
    """Run the site. `settings` are the archiver's, by the names of their environment variables."""
    env = environment(directory, **settings)
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    (directory / "frames").mkdir()
    archive = MadeArchive(FrameFiles(LocalStore(directory / "frames")), FrameRows(engine))
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    hours = [hour for hour in range(-48, 24) if hour not in (15, 16)]
    archive.hours(day, hours, camera_key=CAMERA, size=size)
    with writing(engine) as session:
        session.add(
            ArchiveGap(
                camera_key=CAMERA,
                start_seconds=int((day + timedelta(hours=15)).timestamp()),
                end_seconds=int((day + timedelta(hours=17)).timestamp()),
                interval_seconds=3600,
                reason=GapReason.ARCHIVER_DOWN,
            )
        )
    engine.dispose()
    camera = ScriptedCamera(
        [jpeg_of(picture_of(day + timedelta(hours=10), size))], key=CAMERA, interval_seconds=MONTH_SECONDS
    )
    archiver = f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
    with (
        ScriptedBus(env["BUS_CONNECT"], [camera]).running(),
        running(env),
        running_replica(env["BUS_CONNECT"], archiver_url=archiver) as replica,
    ):
        wait_until(replica.knows_a_camera, "the camera is known")
        yield Site(replica, day)
