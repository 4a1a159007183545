"""The files: where they lie, who wins, and what an interruption leaves."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from services.archiver.errors import StorageUnavailable
from services.archiver.slots import Slot
from services.archiver.storage import FoundFile, FrameStore, KeptFile, path_of
from tests.archiver.support import AT, SLOT_START, webp_of

SLOT = Slot(SLOT_START, 3600)
PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"


def names(store: FrameStore) -> list[str]:
    return sorted(file.relative_to(store.root).as_posix() for file in store.root.rglob("*") if file.is_file())


def test_the_path_is_told_by_camera_and_slot_alone() -> None:
    """In UTC, so that it is the same on every host."""
    assert path_of("camera_1", SLOT_START) == PATH


@pytest.mark.parametrize("key", ["../x", "", "a/b", "A", "a\n", ".", "a" * 64])
def test_what_is_no_camera_key_names_no_path(key: str) -> None:
    """So no key can lead out of the archive directory."""
    with pytest.raises(ValueError, match="camera key"):
        path_of(key, SLOT_START)


def test_a_row_whose_path_leads_out_of_the_archive_reads_nothing(store: FrameStore) -> None:
    """Even if somebody changed the database."""
    (store.root.parent / "secret").write_text("secret")
    with pytest.raises(FileNotFoundError):
        store.read("../secret")
    (store.root / "link").symlink_to(store.root.parent / "secret")
    with pytest.raises(FileNotFoundError):
        store.read("link")


def test_a_written_file_is_described_as_it_lies_there(store: FrameStore) -> None:
    """Hash and size are those of the file, time and size of the picture are its own."""
    webp = webp_of()
    kept = store.write("camera_1", SLOT, webp)
    assert kept == KeptFile(PATH, 64, 48, len(webp), hashlib.sha256(webp).hexdigest(), AT, 3600)
    assert store.read(PATH) == webp
    assert names(store) == [PATH]


def test_a_file_may_be_read_by_its_group_and_nobody_else_whatever_the_umask(store: FrameStore) -> None:
    """A temporary file is private at first, and stays so without care."""
    before = os.umask(0o777)
    try:
        store.root.joinpath("camera_1/2026/11/22").mkdir(parents=True)
        store.write("camera_1", SLOT, webp_of())
    finally:
        os.umask(before)
    assert (store.root / PATH).stat().st_mode & 0o777 == 0o640


def test_the_first_file_stays_and_the_second_writer_learns_of_it(store: FrameStore) -> None:
    """Otherwise a row could describe a picture that is not there."""
    first = store.write("camera_1", SLOT, webp_of())
    second = store.write("camera_1", SLOT, webp_of())
    assert second == first
    assert names(store) == [PATH]


def test_a_broken_file_is_replaced(store: FrameStore) -> None:
    """Half a picture is no picture."""
    broken = store.root / PATH
    broken.parent.mkdir(parents=True)
    broken.write_bytes(webp_of()[:200])
    assert store.read_back("camera_1", SLOT_START) is None
    webp = webp_of()
    assert store.write("camera_1", SLOT, webp).sha256 == hashlib.sha256(webp).hexdigest()
    assert names(store) == [PATH]


@pytest.mark.parametrize("broken", [False, True])
def test_of_many_writers_at_once_all_tell_of_the_same_file(store: FrameStore, broken: bool) -> None:
    """Also when they find a broken file and all want to replace it."""
    if broken:
        (store.root / PATH).parent.mkdir(parents=True)
        (store.root / PATH).write_bytes(b"broken")
    told: list[KeptFile] = []
    pictures = [webp_of() for _ in range(8)]
    writers = [
        threading.Thread(target=lambda webp=webp: told.append(store.write("camera_1", SLOT, webp))) for webp in pictures
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(10)
    assert len(told) == 8
    assert {kept.sha256 for kept in told} == {hashlib.sha256(store.read(PATH)).hexdigest()}
    assert names(store) == [PATH]


@pytest.mark.parametrize("step", ["os.fchmod", "os.fsync", "os.link"])
def test_a_write_that_fails_at_any_step_leaves_nothing(
    store: FrameStore, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is said so in words, and the next attempt finds a clean place."""
    (store.root / PATH).parent.mkdir(parents=True)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(StorageUnavailable, match="No space left on device"):
            store.write("camera_1", SLOT, webp_of())
    assert names(store) == []
    assert store.write("camera_1", SLOT, webp_of()).path == PATH


def test_a_writer_killed_before_the_name_was_given_leaves_what_is_swept(store: FrameStore) -> None:
    """A temporary that is old is debris; a young one may be somebody's work."""
    day = (store.root / PATH).parent
    day.mkdir(parents=True)
    (day / ".tmp-old").write_bytes(b"half")
    (day / ".tmp-young").write_bytes(b"half")
    now = (day / ".tmp-young").stat().st_mtime
    os.utime(day / ".tmp-old", (now - 121, now - 121))
    assert store.sweep(now) == 1
    assert [file.name for file in day.iterdir()] == [".tmp-young"]
    assert store.sweep(now + 200) == 0
    assert names(store) == []


def test_a_writer_killed_after_the_name_was_given_leaves_a_file_that_can_be_told_of(store: FrameStore) -> None:
    """The row can be made from it by whoever comes next."""
    webp = webp_of()
    final = store.root / PATH
    final.parent.mkdir(parents=True)
    (final.parent / ".tmp-x").write_bytes(webp)
    os.link(final.parent / ".tmp-x", final)
    assert store.read_back("camera_1", SLOT_START) == store.write("camera_1", SLOT, webp_of())


def test_only_files_where_they_belong_are_found(store: FrameStore) -> None:
    """Other people's files in the archive directory are left alone."""
    store.write("camera_1", SLOT, webp_of())
    day = (store.root / PATH).parent
    strangers = ("notes.txt", ".tmp-x", "porch_20261122T140000Z.webp", "camera_1_20261123T140000Z.webp")
    for name in (*strangers, "camera_1_20269922T140000Z.webp"):
        (day / name).write_bytes(b"")
    assert list(store.days()) == [day]
    assert store.files_in(day) == [FoundFile("camera_1", SLOT_START)]


def test_an_archive_directory_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    """It may come back, as a mount does."""
    (tmp_path / "frames").write_text("")
    with pytest.raises(StorageUnavailable, match="A file is in its place"):
        FrameStore(tmp_path / "frames").write("camera_1", SLOT, webp_of())
