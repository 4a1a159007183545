"""Room in bytes and in inodes."""

from pathlib import Path

import pytest

from services.archiver.base.errors import StorageFullError
from services.archiver.files.disk_room import DiskRoom
from services.archiver.files.local_store import LocalStore
from tests.support.disks import ext4

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
MEGABYTE = 1 << 20


def test_the_floor_keeps_the_same_share_of_the_inodes() -> None:
    """Another program needs both."""
    DiskRoom(50 * MEGABYTE, 100 * MEGABYTE, 102, 1000).leave(10 * MEGABYTE, 1)
    with pytest.raises(StorageFullError, match="101 inodes free"):
        DiskRoom(50 * MEGABYTE, 100 * MEGABYTE, 101, 1000).leave(10 * MEGABYTE, 1)
    with pytest.raises(StorageFullError, match="bytes free"):
        DiskRoom(10 * MEGABYTE, 100 * MEGABYTE, 900, 1000).leave(10 * MEGABYTE, 1)


@pytest.mark.parametrize("room", [DiskRoom(5, 9, 0, 0), DiskRoom(5, 9, 3, 10)])
def test_a_file_system_that_counts_no_inodes_has_enough_of_them(room: DiskRoom) -> None:
    """btrfs and FAT count none."""
    assert room.usable_bytes == 5
    room.leave(0, 100)
    DiskRoom(500, 1000, 0, 0).leave(100, 1)


@pytest.mark.disks
def test_a_disk_without_free_inodes_is_full_and_the_problem_says_which(tmp_path: Path) -> None:
    """Its bytes mislead whoever looks at them."""
    with ext4(tmp_path, "-N", "64") as disk:
        store = LocalStore(disk.point / "frames")
        store.write_first(PATH, b"whole", lambda _: True)
        before = store.free_bytes()
        for number in range(64):
            try:
                (disk.point / f"small{number}").touch()
            except OSError:
                break
        with pytest.raises(StorageFullError, match="no free inodes"):
            store.write_first(PATH.replace("14", "15"), b"whole", lambda _: True)
        assert before > MEGABYTE
        assert store.free_bytes() == 0
        assert not list(disk.point.rglob(".tmp-*"))
        (disk.point / "small0").unlink()
        (disk.point / "small1").unlink()
        store.write_first(PATH.replace("14", "15"), b"whole", lambda _: True)
