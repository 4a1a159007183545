"""Nothing is written, and nothing deleted, while the archive's disk is away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.archiver.base.errors import DiskNotMountedError, StorageUnavailableError
from services.archiver.files import archive_marker, mounts
from services.archiver.files.archive_marker import MARKER
from services.archiver.files.local_store import LocalStore

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"


@pytest.fixture
def archive(local_store: LocalStore) -> LocalStore:
    """A marked one with a frame, known to its archiver."""
    local_store.marker.guard()
    local_store.marker.know(local_store.mark())
    local_store.write_first(PATH, b"whole", lambda _: True)
    return local_store


def taken_away(archive: LocalStore) -> Path:
    """The disk, whose empty mount point is left."""
    away = archive.root.with_name("away")
    archive.root.rename(away)
    archive.root.mkdir()
    return away


ACTS: dict[str, Callable[[LocalStore], object]] = {
    "write_first": lambda store: store.write_first(PATH, b"whole", lambda _: True),
    "write": lambda store: store.write(PATH, b"whole"),
    "delete": lambda store: store.delete(PATH),
    "set_aside": lambda store: store.set_aside(PATH),
    "read": lambda store: store.read(PATH),
    "cameras": lambda store: store.cameras(),
    "files": lambda store: list(store.files("camera_1")),
    "free_bytes": lambda store: store.free_bytes(),
}


@pytest.mark.parametrize("act", ACTS)
def test_while_the_disk_is_away_everything_is_refused_and_nothing_made(archive: LocalStore, act: str) -> None:
    """A deletion must wait, too: else the picture is there again when the disk is. Then all goes on by itself."""
    away = taken_away(archive)
    with pytest.raises(DiskNotMountedError) as caught:
        ACTS[act](archive)
    assert str(archive.root) in str(caught.value)
    assert f"replaces {archive.marker.archive_id}' > {archive.root / MARKER}" in str(caught.value)
    assert list(archive.root.iterdir()) == []
    archive.root.rmdir()
    away.rename(archive.root)
    ACTS[act](archive)


def test_the_disk_of_another_archive_is_the_wrong_one(archive: LocalStore) -> None:
    """Both ids are named."""
    taken_away(archive)
    other = LocalStore(archive.root)
    other_id = other.mark()
    with pytest.raises(DiskNotMountedError, match=f"{other_id} and not {archive.marker.archive_id}"):
        archive.write(PATH, b"whole")
    assert not (archive.root / "camera_1").exists()


def test_the_marker_is_read_once_and_then_only_looked_at(archive: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each write would otherwise cost a read."""
    archive.write(PATH, b"whole")

    def read(path: Path, _: int) -> bytes:
        pytest.fail(f"{path} is read")

    monkeypatch.setattr(archive_marker, "read_regular", read)
    for _ in range(3):
        archive.write(PATH, b"whole")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"a b\n"])
def test_a_file_without_an_id_is_no_marker(archive: LocalStore, content: bytes) -> None:
    """A power cut may have emptied it."""
    archive.marker.file.write_bytes(content)
    with pytest.raises(DiskNotMountedError):
        archive.write(PATH, b"whole")


def test_a_marker_is_written_once(local_store: LocalStore) -> None:
    """Two archivers that begin at once get the same id."""
    first = local_store.mark()
    assert LocalStore(local_store.root).mark() == first
    assert local_store.marker.file.read_text().startswith(f"{first}\n")


def test_with_a_missing_disk_in_fstab_nothing_is_written_though_there_is_a_marker(
    archive: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one that was written beneath the mount point before the disk was bought."""
    (tmp_path / "fstab").write_text(f"LABEL=big {archive.root} ext4 defaults 0 2\n")
    monkeypatch.setattr(mounts, "FSTAB", tmp_path / "fstab")
    archive.marker.know(archive.marker.archive_id or "")
    with pytest.raises(DiskNotMountedError, match=f"/etc/fstab names {archive.root}"):
        archive.write(PATH, b"whole")


def test_until_the_database_has_answered_only_a_directory_with_a_marker_is_written(local_store: LocalStore) -> None:
    """Which marker it is, is looked at later. Pictures that are not there are gone, for all we know."""
    local_store.marker.guard()
    with pytest.raises(StorageUnavailableError, match="before the database"):
        local_store.write(PATH, b"whole")
    with pytest.raises(FileNotFoundError):
        local_store.read(PATH)
    local_store.mark()
    local_store.write(PATH, b"whole")
