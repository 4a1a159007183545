"""What the recorder will do is tried at the start."""

import errno
import os
from pathlib import Path

import pytest

from services.archiver.files.disk_trial import why_unusable
from services.archiver.files.local_store import LocalStore
from tests.support.disks import exfat

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"


@pytest.fixture
def failing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system where these functions of the system fail with this error."""
    names, number = request.param

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    for name in names:
        monkeypatch.setattr(name, refuse)


@pytest.mark.parametrize(
    ("failing", "words"),
    [
        ((["os.fsync"], errno.ENOSYS), "can't write and sync a file: Function not implemented"),
        ((["fcntl.flock"], errno.ENOLCK), "can't lock a file (flock): No locks available"),
        ((["os.link", "pathlib.Path.replace"], errno.EOPNOTSUPP), "can't name a file by a hard link, nor under a lock"),
        ((["pathlib.Path.rename"], errno.EINVAL), "can't rename a file"),
    ],
    indirect=["failing"],
)
def test_what_a_file_system_can_not_do_is_told(tmp_path: Path, failing: None, words: str) -> None:
    """With the step, and nothing is left behind."""
    del failing
    assert words in str(why_unusable(tmp_path / "frames"))
    assert list((tmp_path / "frames").iterdir()) == []


@pytest.mark.parametrize(
    "failing",
    [
        (["os.fsync"], errno.ENOSPC),
        (["os.fsync"], errno.EIO),
        (["os.link", "os.chmod", "os.fchmod"], errno.EPERM),
        (["os.link"], errno.ENOSYS),
    ],
    indirect=True,
)
def test_what_may_pass_and_what_is_not_needed_is_no_reason(tmp_path: Path, failing: None) -> None:
    """A full disk, and one without links or modes."""
    del failing
    assert why_unusable(tmp_path / "frames") is None
    assert list((tmp_path / "frames").iterdir()) == []


def test_a_directory_that_can_be_used_is_made_and_left_empty(tmp_path: Path) -> None:
    """With its parents."""
    assert why_unusable(tmp_path / "a" / "frames") is None
    assert list((tmp_path / "a" / "frames").iterdir()) == []


@pytest.mark.disks
@pytest.mark.clients("mount.exfat-fuse", "exfat-fuse", "exfatprogs")
def test_exfat_keeps_the_first_file_without_hard_links_and_modes(tmp_path: Path) -> None:
    """The file system of most USB disks."""
    with exfat(tmp_path) as disk:
        root = disk / "frames"
        assert why_unusable(root) is None
        with pytest.raises(PermissionError):
            os.link(disk / "frames", disk / "link")
        store = LocalStore(root)
        store.marker.guard()
        store.marker.know(store.mark())
        store.write_first(PATH, b"broken", lambda _: True)
        store.write_first(PATH, b"whole 1", lambda content: content.startswith(b"whole"))
        store.write_first(PATH, b"whole 2", lambda content: content.startswith(b"whole"))
        assert store.read(PATH) == b"whole 1"
        store.delete(PATH)
        assert [file.name for file in root.rglob("*") if file.is_file()] == ["framecast-archive"]
