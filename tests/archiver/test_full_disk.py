"""A disk that is really full: a small file system of the test's own, with the archive and its database on it."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.archiver.bus import ScriptedCamera
from tests.archiver.place import Place, WallClock
from tests.archiver.support import jpeg_of, noise
from tests.support.waiting import eventually

HOUR = 3600
AT = datetime(2026, 11, 22, 14, 0, 10, tzinfo=UTC)
START = int(AT.timestamp()) - 10


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """One with a megabyte of room."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "framecast-test", str(tmp_path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"a file system can't be mounted here, which takes root: {done.stderr.strip()}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024))
    with pytest.raises(OSError, match="No space left") as caught:
        (disk / "more").write_bytes(b"x" * 100_000)
    assert caught.value.errno == errno.ENOSPC
    (disk / "more").unlink()
    return ballast


async def test_a_full_disk_loses_no_slot_and_leaves_nothing_half_written(small_disk: Path) -> None:
    """Whole slots pass meanwhile: they become a gap that says so, as soon as the database can be written again."""
    place = Place(small_disk)
    wall = WallClock(AT)
    camera = ScriptedCamera([jpeg_of(noise(320, 240))], interval_seconds=HOUR, utc_ns=wall.utc_ns)
    with place.bus(camera):
        async with place.archiver(wall.clock) as archiver:
            await eventually(place.rows)
            ballast = fill(small_disk)
            wall.set(AT + timedelta(hours=1))
            await eventually(lambda: any("No space left" in problem for problem in archiver.problems()))
            wall.set(AT + timedelta(hours=2))
            await eventually(lambda: camera.times_demanded >= 3)
            assert not list(place.store.root.rglob(".tmp-*"))
            ballast.unlink()
            await eventually(lambda: len(place.rows()) == 2, timeout_seconds=20)
            await eventually(
                lambda: [gap[1:] for gap in place.gaps()] == [(START + HOUR, START + 2 * HOUR, "disk full")]
            )
            await eventually(lambda: archiver.problems() == [])
    place.assert_whole()
