"""What any store of the archive's files keeps to, on a disk and in an object store alike."""

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from services.archiver.base.errors import StorageFullError, StorageUnavailableError
from services.archiver.files.local_store import LocalStore
from services.archiver.files.s3_store import S3Store
from services.archiver.files.store import MAX_FILE_BYTES, FrameStore

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
NOON = 1_795_348_800  # 2026-11-22T12:00:00Z
DAY = 24 * 3600


def whole(content: bytes) -> bool:
    return content.startswith(b"whole")


def paths(store: FrameStore, since_seconds: int = 0) -> list[list[str]]:
    return [sorted(file.path for file in day) for day in store.files("camera_1", since_seconds)]


def names(store: LocalStore) -> list[str]:
    return sorted(file.relative_to(store.root).as_posix() for file in store.root.rglob("*") if file.is_file())


def test_what_was_written_is_read_and_what_was_deleted_is_gone(store: FrameStore) -> None:
    """Deleting twice is deleting once."""
    store.write(PATH, b"whole")
    store.write(PATH, b"whole again")
    assert store.read(PATH) == b"whole again"
    store.delete(PATH)
    store.delete(PATH)
    with pytest.raises(FileNotFoundError):
        store.read(PATH)


def test_the_first_whole_file_stays(store: FrameStore) -> None:
    """Otherwise a row could describe a picture that is not there."""
    store.write_first(PATH, b"whole 1", whole)
    store.write_first(PATH, b"whole 2", whole)
    assert store.read(PATH) == b"whole 1"


@pytest.mark.parametrize("broken", [False, True])
def test_of_many_writers_at_once_one_wins(store: FrameStore, broken: bool) -> None:
    """Also when they find a broken file and all want to replace it; and it is never replaced again."""
    if broken:
        store.write(PATH, b"broken")
    seen: list[bytes] = []

    def write(number: int) -> None:
        store.write_first(PATH, b"whole %d" % number, whole)
        seen.append(store.read(PATH))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert whole(seen[0])


def test_files_are_listed_by_camera_and_day_from_a_day_on(store: FrameStore) -> None:
    """So that what is recent is found without reading what is old."""
    for name in ("camera_1/2026/11/21/a", "camera_1/2026/11/22/b", "camera_1/2026/11/22/c", "camera_10/2026/11/22/d"):
        store.write(name, b"x" * 3)
    assert sorted(store.cameras()) == ["camera_1", "camera_10"]
    assert paths(store) == [["camera_1/2026/11/21/a"], ["camera_1/2026/11/22/b", "camera_1/2026/11/22/c"]]
    assert paths(store, NOON) == [["camera_1/2026/11/22/b", "camera_1/2026/11/22/c"]]
    assert paths(store, NOON + DAY) == []
    assert {file.byte_count for day in store.files("camera_1") for file in day} == {3}


def test_an_empty_store_has_nothing(store: FrameStore) -> None:
    """Also before its first directory."""
    assert (store.cameras(), paths(store)) == ([], [])


def test_a_broken_file_is_set_aside_under_another_name(store: FrameStore) -> None:
    """For a person to look at; its place is free."""
    store.write(PATH, b"broken")
    store.set_aside(PATH)
    assert paths(store) == [[PATH + ".broken"]]
    assert store.read(PATH + ".broken") == b"broken"


@pytest.mark.parametrize("path", ["../secret", "camera_1/../../secret", "/etc/hostname"])
def test_a_path_that_leads_out_of_the_archive_has_no_file(store: FrameStore, tmp_path: Path, path: str) -> None:
    """Even if somebody changed the database."""
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(FileNotFoundError):
        store.read(path)


def test_a_link_that_leads_out_of_the_archive_is_not_followed(local_store: LocalStore) -> None:
    """Whoever made it."""
    (local_store.root.parent / "secret").write_text("secret")
    (local_store.root / "link").symlink_to(local_store.root.parent / "secret")
    with pytest.raises(FileNotFoundError):
        local_store.read("link")


def test_a_pipe_or_a_giant_in_a_files_place_is_no_file(local_store: LocalStore) -> None:
    """Reading one waited for ever, and reading the other took all memory."""
    local_store.write(PATH, b"frame")
    place = local_store.root / PATH
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(FileNotFoundError):
        local_store.read(PATH)
    local_store.write_first(PATH, b"frame", is_whole=lambda content: content == b"frame")
    assert local_store.read(PATH) == b"frame"
    with place.open("r+b") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(FileNotFoundError):
        local_store.read(PATH)


def test_an_object_store_that_is_away_is_told_in_one_line_without_secrets(s3_store: S3Store) -> None:
    """And in the same words each time, so that it is logged once."""
    del s3_store  # its environment is wanted
    away = S3Store("s3://archive/x", endpoint="http://127.0.0.1:9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
        away = S3Store("s3://archive/x", endpoint="http://127.0.0.1:9")
    words = set()
    for _ in range(2):
        with pytest.raises(StorageUnavailableError) as caught:
            away.write_first(PATH, b"whole", whole)
        words.add(str(caught.value))
    (only,) = words
    assert "\n" not in only
    assert "hunter2" not in only


@pytest.mark.parametrize(
    ("umask", "file", "folder"), [(0o022, 0o644, 0o755), (0o027, 0o640, 0o750), (0o077, 0o600, 0o700)]
)
def test_who_may_read_is_up_to_the_umask(local_store: LocalStore, umask: int, file: int, folder: int) -> None:
    """Other users of the machine can read the archive, unless it is meant to be private."""
    before = os.umask(umask)
    try:
        local_store.write_first(PATH, b"whole", whole)
    finally:
        os.umask(before)
    assert (local_store.root / PATH).stat().st_mode & 0o777 == file
    assert (local_store.root / PATH).parent.stat().st_mode & 0o777 == folder


@pytest.mark.parametrize("step", ["os.fsync", "os.link"])
def test_a_write_that_fails_at_any_step_leaves_nothing(
    local_store: LocalStore, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is said so in words, and the next attempt finds a clean place."""
    (local_store.root / PATH).parent.mkdir(parents=True)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(StorageFullError, match="No space left on device"):
            local_store.write_first(PATH, b"whole", whole)
    assert names(local_store) == []
    local_store.write_first(PATH, b"whole", whole)
    assert names(local_store) == [PATH]


def test_a_writer_killed_before_the_name_was_given_leaves_what_is_swept(local_store: LocalStore) -> None:
    """A temporary that is old is debris; a young one may be somebody's work. Neither is listed."""
    day = (local_store.root / PATH).parent
    day.mkdir(parents=True)
    for name, changed_at in ((".tmp-old", NOON), (".tmp-young", NOON + 10)):
        (day / name).write_bytes(b"half")
        os.utime(day / name, (changed_at, changed_at))
    assert paths(local_store) == []
    local_store.sweep("camera_1", 0, NOON + 5)
    assert [file.name for file in day.iterdir()] == [".tmp-young"]


def test_an_archive_directory_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    """It may come back, as a mount does."""
    (tmp_path / "frames").write_text("")
    with pytest.raises(StorageUnavailableError, match="A file is in its place"):
        LocalStore(tmp_path / "frames").write_first(PATH, b"whole", whole)


def test_files_are_moved_with_their_content_and_the_first_one_stays(store: FrameStore) -> None:
    """A file under the new name with other content keeps both; one that was moved before is passed over."""
    other = PATH.replace("camera_1", "porch")
    taken = other.replace("T14", "T15")
    store.write(PATH, b"whole")
    store.write(taken, b"another")
    store.write(PATH.replace("T14", "T15"), b"ours")
    moves = {PATH: other, PATH.replace("T14", "T15"): taken, PATH.replace("T14", "T16"): other.replace("T14", "T16")}
    for _ in range(2):
        assert store.move(moves) == [PATH.replace("T14", "T15")]
        assert (store.read(other), store.read(taken)) == (b"whole", b"another")
        assert paths(store) == [[PATH.replace("T14", "T15")]]
    store.write(PATH, b"whole")  # as a crash between copying and deleting leaves it
    assert store.move({PATH: other}) == []
    assert paths(store) == [[PATH.replace("T14", "T15")]]


def test_a_move_that_was_cut_short_between_two_names_of_a_file_is_finished(local_store: LocalStore) -> None:
    """It has both for a moment."""
    other = PATH.replace("camera_1", "porch")
    local_store.write(PATH, b"whole")
    local_store.write(other, b"x")
    (local_store.root / other).unlink()
    (local_store.root / other).hardlink_to(local_store.root / PATH)
    assert local_store.move({PATH: other}) == []
    assert names(local_store) == [other]


def test_where_no_file_can_have_two_names_it_is_copied(
    local_store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To another disk, for instance."""
    other = PATH.replace("camera_1", "porch")
    local_store.write(PATH, b"whole")
    link = os.link

    def refuse(source: Path, target: Path) -> None:
        if not source.name.startswith(".tmp-"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        link(source, target)

    monkeypatch.setattr(os, "link", refuse)
    assert local_store.move({PATH: other}) == []
    assert (names(local_store), local_store.read(other)) == ([other], b"whole")


def test_a_days_files_and_a_files_age_are_told_alone(store: FrameStore) -> None:
    """Without looking at any other day."""
    store.write(PATH, b"whole")
    store.write(PATH.replace("11/22", "11/23"), b"whole")
    day = PATH.rpartition("/")[0]
    assert [(file.path, file.byte_count) for file in store.day(day)] == [(PATH, 5)]
    assert store.day(day.replace("22", "24")) == []
    modified_at = store.modified_at(PATH)
    assert modified_at is not None
    assert abs(modified_at - time.time()) < 60
    assert store.modified_at(PATH + "x") is None


def test_empty_directories_go_and_others_stay(local_store: LocalStore) -> None:
    """Of one camera."""
    local_store.write(PATH, b"whole")
    local_store.write(PATH.replace("11/22", "11/23"), b"whole")
    local_store.write("porch/2026/11/22/x", b"x")
    local_store.delete(PATH)
    local_store.prune("camera_1")
    assert sorted(path.name for path in (local_store.root / "camera_1/2026/11").iterdir()) == ["23"]
    local_store.delete(PATH.replace("11/22", "11/23"))
    local_store.prune("camera_1")
    assert local_store.cameras() == ["porch"]
