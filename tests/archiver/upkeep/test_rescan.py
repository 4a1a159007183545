"""Files and rows are compared: what is gone, cut, changed or new is told, and rows go only when somebody says so."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.archiver.base.errors import StorageUnavailableError
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import thumbnail_path_of
from services.archiver.upkeep.report import RescanReport
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
RescanIt = Callable[..., RescanReport]
on_a_disk = pytest.mark.parametrize("is_outgrown", [False], indirect=True)


def paths(archive: MadeArchive) -> set[str]:
    """Of all rows."""
    return {row.path for row in archive.frame_rows.page(FrameQuery(limit=500))[0]}


def spoil(archive: MadeArchive, path: str, *, cut: bool = False) -> None:
    """Cut the file short, or turn one byte over."""
    content = bytearray(archive.frame_files.store.read(path))
    content[-40] ^= 0xFF
    archive.frame_files.store.write(path, bytes(content[:200] if cut else content))


def move_directory(store: LocalStore, old: str, new: str) -> None:
    (store.root / old).rename(store.root / new)


def test_what_is_gone_cut_or_damaged_is_told_by_its_path(archive: MadeArchive, rescan: RescanIt) -> None:
    """And nothing changes, since a backup may have the files."""
    gone, cut, damaged, *_ = rows = archive.hours(BEGIN, range(30))
    archive.frame_files.store.delete(gone.path)
    spoil(archive, cut.path, cut=True)
    spoil(archive, damaged.path)
    report = rescan()
    told = report.cameras[0].as_json()
    assert (told["missing"], set(told["changed"])) == ([gone.path], {cut.path, damaged.path})
    assert (told["frames"], told["whole"]) == (30, 27)
    assert not report.is_right
    assert "3 rows have no whole file" in report.words()[0]
    assert paths(archive) == {row.path for row in rows}


def test_sizes_alone_find_what_is_gone_or_cut_and_read_no_file(
    archive: MadeArchive, rescan: RescanIt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that it did no more."""
    gone, cut, *_ = archive.hours(BEGIN, range(5))
    archive.frame_files.store.delete(gone.path)
    spoil(archive, cut.path, cut=True)

    def read(path: str) -> bytes:
        raise AssertionError(path)

    monkeypatch.setattr(archive.frame_files.store, "read", read)
    report = rescan(with_hashes=False)
    assert (report.missing, report.changed) == (1, 1)
    assert report.words()[-1] == "Only the sizes were compared, no file was read."


def test_an_archive_that_is_whole_is_right(archive: MadeArchive, rescan: RescanIt) -> None:
    """Slots, manual captures and several cameras."""
    archive.hours(BEGIN, range(5))
    archive.frame(BEGIN, camera_key="porch", interval_seconds=None)
    report = rescan()
    assert report.is_right
    assert [(camera.camera_key, camera.whole) for camera in report.cameras] == [("camera_1", 5), ("porch", 1)]


def test_files_that_were_put_back_are_taken_in(archive: MadeArchive, rescan: RescanIt) -> None:
    """A row that was dropped and a file without any come again."""
    lost, *_ = archive.hours(BEGIN, range(3))
    content = archive.frame_files.store.read(lost.path)
    archive.frame_files.store.delete(lost.path)
    assert rescan(drop_missing=True).cameras[0].dropped == 1
    archive.frame_files.store.write(lost.path, content)
    report = rescan()
    assert (report.is_right, report.adopted) == (True, 1)
    assert lost.path in paths(archive)


def test_ghost_rows_go_when_told_to_and_leave_gaps(
    archive: MadeArchive, rescan: RescanIt, gap_rows: GapRows, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each slot has its picture or a reason, also then; and the log names each row."""
    rows = archive.hours(BEGIN, range(5))
    for row in rows[:2]:
        archive.frame_files.store.delete(row.path)
    report = rescan(drop_missing=True)
    assert (report.is_right, report.missing, report.cameras[0].dropped) == (True, 0, 2)
    assert paths(archive) == {row.path for row in rows[2:]}
    (gap,) = gap_rows.gaps(GapQuery())[0]
    assert (gap.start_seconds, gap.end_seconds, gap.reason) == (rows[0].slot_start, rows[2].slot_start, "lost")
    assert capsys.readouterr().out.count("the row of a missing file dropped") == 2
    assert rescan().is_right


def test_nothing_is_dropped_when_the_whole_archive_is_away(archive: MadeArchive, rescan: RescanIt) -> None:
    """As with a disk that is not mounted: refused in words."""
    rows = archive.hours(BEGIN, range(3)) + archive.hours(BEGIN, range(2), camera_key="porch")
    for row in rows:
        archive.frame_files.store.delete(row.path)
        archive.frame_files.store.delete(thumbnail_path_of(row.path))
    report = rescan(drop_missing=True)
    assert report.refusal is not None
    assert report.refusal.startswith("None of the 5 pictures is where it was: is the disk mounted")
    assert (report.is_right, len(paths(archive))) == (False, 5)


def test_a_camera_of_which_nothing_is_there_keeps_its_rows(archive: MadeArchive, rescan: RescanIt) -> None:
    """Its directory may be a disk of its own. The refusal says how to take it out all the same."""
    archive.hours(BEGIN, range(3))
    for row in archive.hours(BEGIN, range(2), camera_key="porch"):
        archive.frame_files.store.delete(row.path)
    report = rescan(drop_missing=True)
    assert "framecast camera forget porch" in "\n".join(report.words())
    assert (report.is_right, len(paths(archive))) == (False, 5)


@on_a_disk
def test_a_link_to_a_disk_that_is_away_loses_no_row(
    archive: MadeArchive, rescan: RescanIt, local_store: LocalStore
) -> None:
    """Its pictures can't be looked at; that is all that is known of them."""
    archive.hours(BEGIN, range(2))
    archive.hours(datetime(2025, 1, 1, tzinfo=UTC), range(3))
    year = local_store.root / "camera_1/2025"
    year.rename(local_store.root.parent / "unmounted")
    for target in (local_store.root.parent / "nowhere", local_store.root.parent / "empty"):
        year.symlink_to(target)
        report = rescan(drop_missing=True)
        assert (report.missing, report.unreadable, report.is_right) == (0, 3, False)
        year.unlink()
        (local_store.root.parent / "empty").mkdir(exist_ok=True)
    assert len(paths(archive)) == 5


@on_a_disk
def test_a_camera_moved_by_hand_with_its_names_is_found_under_its_new_key(
    archive: MadeArchive, rescan: RescanIt, local_store: LocalStore
) -> None:
    """The word for its ghost rows names the other camera, and how to join both; dropping them is safe."""
    archive.hours(BEGIN, range(4), camera_key="porch")
    move_directory(local_store, "porch", "garden")
    for file in list((local_store.root / "garden").rglob("porch_*")):
        file.rename(file.with_name(file.name.replace("porch_", "garden_")))
    report = rescan()
    assert report.cameras[1].elsewhere == {"garden": 4}
    assert "framecast camera rename porch garden" in "\n".join(report.words())
    assert rescan(drop_missing=True).is_right
    assert {path.partition("/")[0] for path in paths(archive)} == {"garden"}


@on_a_disk
def test_a_directory_renamed_by_hand_is_taken_in_under_its_own_name(
    archive: MadeArchive, rescan: RescanIt, local_store: LocalStore
) -> None:
    """Its files are still named for the old camera. They are renamed with their thumbnails, and this is said."""
    archive.hours(BEGIN, range(4), camera_key="porch")
    archive.frame(BEGIN, camera_key="porch", interval_seconds=None)
    move_directory(local_store, "porch", "garden")
    report = rescan()
    assert report.moved_in == {"garden": "porch"}
    assert report.adopted == 5
    assert report.cameras[1].elsewhere == {"garden": 5}
    assert not list((local_store.root / "garden").rglob("porch_*"))


@on_a_disk
def test_a_copy_under_another_directory_is_left_alone(
    archive: MadeArchive, rescan: RescanIt, local_store: LocalStore
) -> None:
    """Somebody's backup within the archive is nobody's new camera."""
    row = archive.hours(BEGIN, range(1), camera_key="porch")[0]
    copy = Path(row.path.replace("porch/", "porch-backup/", 1))
    local_store.write(copy.as_posix(), local_store.read(row.path))
    report = rescan()
    assert (report.copies, report.moved_in, report.is_right) == (1, {}, True)
    assert (local_store.root / copy).is_file()


@on_a_disk
def test_a_file_that_cannot_be_read_is_not_called_gone(
    archive: MadeArchive, rescan: RescanIt, local_store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worn place on a disk: nothing is known of the picture, and its row stays."""
    worn = archive.hours(BEGIN, range(3))[1]
    read = local_store.read

    def read_or_fail(path: str) -> bytes:
        if path == worn.path:
            raise StorageUnavailableError("Input/output error")
        return read(path)

    monkeypatch.setattr(archive.frame_files.store, "read", read_or_fail)
    report = rescan(drop_missing=True)
    assert (report.missing, report.unreadable, report.is_right) == (0, 1, False)
