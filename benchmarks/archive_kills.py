"""An archiver with slots of one second is killed at random times: counts lost frames, double slots and orphan files."""

import random
import signal
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from services.archiver.base.errors import PictureRefusedError
from services.archiver.db.engine import open_engine
from services.archiver.files.frame_files import ORPHAN_SECONDS
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import THUMBNAIL_SUFFIX, FrameName, frame_path_of
from services.archiver.files.webp import read_webp
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import jpeg_of, noise
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

LONGEST_LIFE_SECONDS: Final = 4.0
"""The start takes one to two of these seconds, so kills hit the start as well as the work after it."""
SCAN_SECONDS: Final = 30
LOCKED_SECONDS: Final = 5.0
_SEED: Final = 5


@dataclass
class Place:
    """One archive on a disk and in SQLite. `seen` holds the id and hash of every row ever seen committed."""

    root: Path
    bus: str
    seen: dict[int, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """SQLite's file."""
        return self.root / "archive.db"

    def archiver(self, number: int) -> ServiceProcess:
        environment = {
            "ARCHIVER_PORT": str(free_port()),
            "ARCHIVE_DIR": str(self.root / "frames"),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "BUS_CONNECT": self.bus,
        }
        return ServiceProcess("services.archiver", environment, self.root / f"archiver{number}.log")

    def engine(self) -> Engine:
        return open_engine(f"sqlite:///{self.database}")

    def note_rows(self) -> None:
        """Add all committed rows to `seen`. Raises AssertionError if the database stays locked."""
        wait_until(self._noted_rows, "the database can be read", LOCKED_SECONDS)

    def _noted_rows(self) -> bool:
        if not self.database.exists():
            return True  # an archiver that was killed early has not even made it
        try:
            with self.engine().connect() as connection:
                rows = connection.execute(text("SELECT id, sha256 FROM archived_frame")).all()
        except OperationalError as error:
            # An archiver that was killed early has created no table yet. Any other error is a lock.
            return "no such table" in str(error)
        self.seen.update({row.id: row.sha256 for row in rows})
        return True


def kills(directory: Path, times: int) -> list[dict[str, object]]:
    settling = ORPHAN_SECONDS + SCAN_SECONDS + 5
    return [killed(directory / str(neighbours), times, neighbours, settling) for neighbours in (0, 1)]


def killed(root: Path, times: int, neighbours: int, settling_seconds: float) -> dict[str, object]:
    """Kill one archiver `times` times while `neighbours` others keep running; then let it settle and count."""
    root.mkdir()
    place = Place(root, f"ipc://{root}/bus")
    camera = ScriptedCamera([jpeg_of(noise(640, 360))], interval_seconds=1)
    dice = random.Random(_SEED)  # noqa: S311 chance that can be repeated, no secret
    with ExitStack() as stack:
        stack.enter_context(ScriptedBus(place.bus, [camera]).running())
        for number in range(neighbours):
            stack.callback(place.archiver(number + 1).stop)
        for _ in range(times):
            victim = place.archiver(0)
            time.sleep(dice.uniform(0, LONGEST_LIFE_SECONDS))
            victim.signal(signal.SIGKILL)
            victim.stop()
            place.note_rows()
        survivor, before = place.archiver(0), len(place.seen)
        stack.callback(survivor.stop)

        def has_archived() -> bool:
            place.note_rows()
            return len(place.seen) > before

        wait_until(has_archived, "the last archiver adds a row")
        time.sleep(settling_seconds)
        survivor.stop()
        if neighbours:
            stack.pop_all().close()
    return {"archivers": 1 + neighbours, "kills": times, **_account(place)}


def _account(place: Place) -> dict[str, object]:
    """Check every second from the first slot to the last settled one, and every file."""
    with place.engine().connect() as connection:
        frames = connection.execute(text("SELECT id, slot_start, path, sha256 FROM archived_frame")).all()
        gaps = connection.execute(text("SELECT start_seconds, end_seconds, reason FROM archive_gap")).all()
        (until,) = connection.execute(text("SELECT settled_until FROM archive_camera")).one()
    slots = Counter(frame.slot_start for frame in frames)
    reasons: Counter[str] = Counter()
    for gap in gaps:
        slots.update(range(gap.start_seconds, gap.end_seconds))
        reasons[gap.reason] += gap.end_seconds - gap.start_seconds
    first = min(slots)
    here = {frame.id: frame.sha256 for frame in frames}
    store = LocalStore(place.root / "frames")
    unreadable = sum(not _is_whole(store, frame.path) for frame in frames)
    forgotten = sum(here.get(row_id) != sha256 for row_id, sha256 in place.seen.items())
    return {
        "slots": until - first,
        "frames": len(frames),
        "gap_slots": sum(reasons.values()),
        "gap_reasons": dict(reasons),
        "lost": sum(slots[second] == 0 for second in range(first, until)) + unreadable + forgotten,
        "doubled": sum(count > 1 for count in slots.values()),
        "orphans": _orphans(place.root / "frames", {frame.path for frame in frames}),
    }


def _is_whole(store: LocalStore, path: str) -> bool:
    try:
        read_webp(store.read(path))
    except (FileNotFoundError, PictureRefusedError):
        return False
    return True


def _orphans(root: Path, paths: set[str]) -> int:
    """The number of files without a row: frames, thumbnails, temporary files, anything."""
    found = [file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()]
    owners = [frame_path_of(path) if path.endswith(THUMBNAIL_SUFFIX) else path for path in found]
    return sum(FrameName.parse(owner) is None or owner not in paths for owner in owners)
