"""Folders of the archive that are links to other disks: read, written, freed, and missed like the archive itself."""

import shutil
from pathlib import Path

import pytest

from services.archiver.base.errors import DiskNotMountedError, StorageFullError
from services.archiver.files import disk_room
from services.archiver.files.archive_marker import MARKER
from services.archiver.files.disk_room import DiskRoom
from services.archiver.files.local_store import LocalStore

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
LATER = "camera_1/2026/11/23/camera_1_20261123T140000Z.webp"
OTHER = "porch/2026/11/22/porch_20261122T140000Z.webp"


@pytest.fixture(params=["camera_1", "camera_1/2026", "camera_1/2026/11"])
def linked(request: pytest.FixtureRequest, local_store: LocalStore, tmp_path: Path) -> Path:
    """An archive whose folder was moved to another disk and linked back; where it is now."""
    local_store.marker.guard()
    local_store.marker.know(local_store.mark())
    local_store.write_first(PATH, b"whole", lambda _: True)
    folder, place = local_store.root / request.param, tmp_path / "other disk"
    shutil.move(folder, place)
    folder.symlink_to(place)
    return place


def test_a_linked_folder_is_read_written_and_freed(local_store: LocalStore, linked: Path) -> None:
    """What is deleted is gone from the other disk."""
    assert local_store.read(PATH) == b"whole"
    local_store.write_first(LATER, b"whole", lambda _: True)
    local_store.write(PATH, b"whole again")
    assert local_store.read(PATH) == b"whole again"
    assert [file.path for day in local_store.files("camera_1") for file in day] == [PATH, LATER]
    assert local_store.cameras() == ["camera_1"]
    assert len(list(linked.rglob("*.webp"))) == 2
    local_store.set_aside(PATH)
    local_store.delete(LATER)
    assert [file.suffix for file in linked.rglob("camera_1_*")] == [".broken"]


def test_temporary_files_of_a_linked_folder_are_swept(local_store: LocalStore, linked: Path) -> None:
    """As everywhere."""
    temporary = (local_store.root / PATH).with_name(".tmp-x")
    temporary.write_bytes(b"half")
    local_store.sweep("camera_1", 0, temporary.stat().st_mtime + 1)
    assert not list(linked.rglob(".tmp-*"))


def test_the_floor_of_free_space_is_that_of_the_other_disk(
    local_store: LocalStore, linked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive's own may have plenty."""
    store = LocalStore(local_store.root, min_free_bytes=1000)

    def room_of(directory: Path) -> DiskRoom:
        is_other = directory.resolve().is_relative_to(linked)
        return DiskRoom(10 if is_other else 10_000, 100_000, 0, 0)

    monkeypatch.setattr(disk_room.DiskRoom, "of", room_of)
    with pytest.raises(StorageFullError):
        store.write_first(LATER, b"whole", lambda _: True)
    store.write_first(OTHER, b"whole", lambda _: True)


@pytest.mark.parametrize("point_is_left", [True, False])
@pytest.mark.parametrize("met_by", ["a write", "a start"])
def test_while_the_other_disk_is_away_only_its_pictures_are_missing(
    local_store: LocalStore, linked: Path, point_is_left: bool, met_by: str
) -> None:
    """Its mount point may be empty, or not there at all. Nothing is written beneath, and deletions wait."""
    if met_by == "a write":
        local_store.write_first(LATER, b"whole", lambda _: True)
    else:
        local_store.mark_linked_folders()
    away = linked.rename(linked.with_name("away"))
    if point_is_left:
        linked.mkdir()
    for act in (
        lambda: local_store.write_first(LATER, b"whole", lambda _: True),
        lambda: local_store.delete(PATH),
        lambda: local_store.read(PATH),
        local_store.check_all_disks,
    ):
        with pytest.raises(DiskNotMountedError, match="other disk"):
            act()
    assert not linked.exists() or list(linked.iterdir()) == []
    local_store.check_disk()
    local_store.write_first(OTHER, b"whole", lambda _: True)
    if point_is_left:
        linked.rmdir()
    away.rename(linked)
    local_store.check_all_disks()
    assert local_store.read(PATH) == b"whole"
    local_store.write_first(LATER, b"whole", lambda _: True)


def test_the_other_disk_may_be_the_wrong_one(local_store: LocalStore, linked: Path) -> None:
    """By its marker."""
    local_store.mark_linked_folders()
    (linked / MARKER).write_text("another\n")
    with pytest.raises(DiskNotMountedError, match="another and not"):
        local_store.write_first(LATER, b"whole", lambda _: True)


def test_a_folder_on_a_disk_that_can_only_be_read_is_read(
    local_store: LocalStore, linked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old years on a worn disk."""

    def refuse(*_: object) -> str:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(local_store._linked_folders, "_mark", refuse)
    local_store.mark_linked_folders()
    assert local_store.read(PATH) == b"whole"
    assert not (linked / MARKER).exists()


@pytest.mark.parametrize("path", ["camera_1/../../secret", "./camera_1", "camera_1//x", "camera_1/x\0"])
def test_a_path_leads_nowhere_but_down(local_store: LocalStore, linked: Path, path: str) -> None:
    """Also beside a link, and for deleting."""
    (linked.parent / "secret").write_text("secret")
    with pytest.raises(FileNotFoundError):
        local_store.read(path)
    local_store.delete(path)
    local_store.set_aside(path)
    assert (linked.parent / "secret").read_text() == "secret"


def test_a_link_to_a_file_is_not_followed_below_a_linked_folder(local_store: LocalStore, linked: Path) -> None:
    """Nor is what it leads to deleted or overwritten."""
    secret = linked.parent / "secret"
    secret.write_bytes(b"whole secret")
    (local_store.root / PATH).unlink()
    (local_store.root / PATH).symlink_to(secret)
    with pytest.raises(FileNotFoundError):
        local_store.read(PATH)
    local_store.write_first(PATH, b"whole", lambda content: content.startswith(b"whole"))
    assert (local_store.read(PATH), secret.read_bytes()) == (b"whole", b"whole secret")
