"""What a rescan costs: wall time and CPU for ten years of hours (87,600 frames), by sizes alone and with hashes."""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from PIL import Image
from sqlalchemy import Engine, insert

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import path_of, thumbnail_path_of
from services.archiver.upkeep.rescan import Rescan, RescanOptions
from tests.support.archive import MadeArchive

BEGIN: Final = datetime(2016, 1, 1, tzinfo=UTC)
KINDS: Final = 50
"""Different pictures. The files are further names of theirs, so the cache holds them all: a disk comes on top."""
_AT_ONCE: Final = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=87_600)
    frames = parser.parse_args().frames
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "frames").mkdir()
        engine = open_engine(f"sqlite:///{root}/archive.db")
        upgrade(engine)
        frame_files = FrameFiles(LocalStore(root / "frames"))
        byte_count = _fill(engine, frame_files, root / "frames", frames)
        recovery = Recovery(engine, frame_files, time.time_ns)
        _measure("the directories alone, as at each start", recovery.scan_all)
        for name, options in (("sizes", RescanOptions(with_hashes=False)), ("hashes", RescanOptions())):
            rescan = Rescan(engine, frame_files, recovery, options)
            _measure(f"{frames} frames, {name}, {byte_count / 1e9:.2f} GB", rescan.run)
        engine.dispose()


def _fill(engine: Engine, frame_files: FrameFiles, root: Path, frames: int) -> int:
    """Frames of one camera, an hour apart; the bytes of their files."""
    archive = MadeArchive(frame_files, FrameRows(engine))
    pictures = [Image.effect_noise((640, 360), 20 + kind).convert("RGB") for kind in range(KINDS)]
    made = [
        archive.frame(BEGIN + timedelta(hours=kind), camera_key="kinds", picture=picture)
        for kind, picture in enumerate(pictures)
    ]
    rows, byte_count = [], 0
    for number in range(frames):
        kind, at = made[number % KINDS], BEGIN + timedelta(hours=number, milliseconds=500)
        slot_start = int(at.timestamp()) // 3600 * 3600
        path = path_of("porch", slot_start)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(root / kind.path, root / path)
        os.link(root / thumbnail_path_of(kind.path), root / thumbnail_path_of(path))
        row = kind.model_dump(exclude={"id"})
        rows.append(row | {"camera_key": "porch", "slot_start": slot_start, "captured_at": at, "path": path})
        byte_count += kind.bytes
    for first in range(0, frames, _AT_ONCE):
        with engine.begin() as connection:
            connection.execute(insert(ArchivedFrame), rows[first : first + _AT_ONCE])
    return byte_count


def _measure(name: str, work: Callable[[], object]) -> None:
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {time.perf_counter() - wall:.1f} s, {cpu:.1f} s of CPU")


if __name__ == "__main__":
    main()
