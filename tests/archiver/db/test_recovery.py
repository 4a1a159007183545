"""What interruptions left behind is put in order: files get their rows, and leftovers go."""

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete

from services.archiver.capture.slots import slot_at
from services.archiver.db.engine import writing
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.models import ArchivedFrame, DeletedFrame
from services.archiver.db.recovery import Recovery
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import ORPHAN_SECONDS, FrameFiles
from services.archiver.files.paths import FrameName, thumbnail_path_of
from tests.archiver.support import AT, SLOT_START, noise, row, webp_of

NAME = FrameName("camera_1", SLOT_START)
MANUAL = FrameName("camera_1", None, SLOT_START * 1000 + 1234)


@pytest.fixture
def recovery(engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows) -> Recovery:
    del frame_rows  # it has made the tables
    return Recovery(engine, frame_files, time.time_ns)


@pytest.fixture
def later(engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows) -> Recovery:
    """At a time when everything written now is old enough to be swept."""
    del frame_rows
    return Recovery(engine, frame_files, after(ORPHAN_SECONDS + 1))


def after(seconds: int) -> Callable[[], int]:
    return lambda: time.time_ns() + seconds * 1_000_000_000


def rows(frame_rows: FrameRows) -> list[ArchivedFrame]:
    return list(frame_rows.page(FrameQuery(limit=500))[0])


def delete_row(frame_files: FrameFiles, frame_rows: FrameRows, *, by_hand: bool = True) -> None:
    """Delete the one frame there is, from beginning to end."""
    (frame,) = rows(frame_rows)
    paths = frame_rows.delete([frame.id or 0], leave_gaps=by_hand)
    frame_files.remove(paths[0])
    frame_rows.deletions_done(paths)


def delete_by_hand(
    frame_files: FrameFiles, frame_rows: FrameRows, captured_at: datetime, name: FrameName = NAME
) -> bytes:
    """Archive a frame and delete it; what its file was."""
    interval = None if name.slot_start is None else 3600
    frame_rows.add(
        ArchivedFrame.of(frame_files.save(name, webp_of(at=captured_at, interval_seconds=interval)), captured_at)
    )
    content = frame_files.store.read(name.path)
    delete_row(frame_files, frame_rows)
    return content


def stored(frame_files: FrameFiles) -> list[str]:
    return sorted(
        file.path for camera in frame_files.store.cameras() for day in frame_files.store.files(camera) for file in day
    )


def test_a_broken_file_without_a_row_is_set_aside_when_it_is_old(
    recovery: Recovery, later: Recovery, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """A young one may be another archiver's work; nothing broken ever gets a row."""
    frame_files.store.write(NAME.path, webp_of()[:100])
    recovery.scan_all()
    assert stored(frame_files) == [NAME.path]
    result = later.scan_all()
    assert (result.broken, result.adopted) == (1, 0)
    assert stored(frame_files) == [NAME.path + ".broken"]
    assert rows(frame_rows) == []


def test_a_foreign_picture_is_left_alone(later: Recovery, frame_files: FrameFiles) -> None:
    """No archiver deletes what it did not write."""
    frame_files.store.write("camera_1/2026/11/22/notes.txt", b"mine")
    frame_files.store.write(NAME.path, _unlabelled())
    result = later.scan_all()
    assert (result.foreign, result.adopted) == (1, 0)
    assert stored(frame_files) == [NAME.path, "camera_1/2026/11/22/notes.txt"]


def test_a_thumbnail_without_its_frame_is_swept_when_it_is_old(
    recovery: Recovery, later: Recovery, frame_files: FrameFiles
) -> None:
    """As when an archiver was killed while it deleted. A thumbnail whose frame is there stays."""
    frame_files.save(NAME, webp_of())
    frame_files.store.write(thumbnail_path_of(MANUAL.path), b"x")
    recovery.scan_all()
    assert len(stored(frame_files)) == 3
    later.scan_all()
    assert stored(frame_files) == sorted([NAME.path, thumbnail_path_of(NAME.path)])


def test_a_deletion_that_a_crash_cut_short_is_finished(
    recovery: Recovery, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """The picture does not come back, not even by adoption."""
    frame_rows.add(ArchivedFrame.of(frame_files.save(NAME, webp_of()), AT))
    frame_rows.delete([1], leave_gaps=True)
    recovery.finish_deletions()
    assert (stored(frame_files), frame_rows.pending_deletions()) == ([], {})


def test_a_deleted_picture_that_another_archiver_writes_late_goes_as_well(
    recovery: Recovery, frame_files: FrameFiles, frame_rows: FrameRows, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was in the making when somebody deleted the first one: it is another picture of the same minute."""
    delete_by_hand(frame_files, frame_rows, datetime.now(UTC))
    frame_files.save(NAME, webp_of(at=datetime.now(UTC)))
    recovery.scan_all()
    assert (stored(frame_files), rows(frame_rows)) == ([], [])
    assert "another archiver's frame of a deleted slot removed" in capsys.readouterr().out


@pytest.mark.parametrize("name", [NAME, MANUAL])
@pytest.mark.parametrize("age", [timedelta(days=9), timedelta(0)])
def test_a_deleted_picture_that_is_put_back_is_listed_again(  # noqa: PLR0913, PLR0917 fixtures
    recovery: Recovery,
    frame_files: FrameFiles,
    frame_rows: FrameRows,
    gap_rows: GapRows,
    capsys: pytest.CaptureFixture[str],
    name: FrameName,
    age: timedelta,
) -> None:
    """Whoever copies it from his backup wants it, however young it is. It is said, and deleted again it stays so."""
    content = delete_by_hand(frame_files, frame_rows, datetime.now(UTC) - age, name)
    frame_files.store.write(name.path, content)
    result = recovery.scan_all()
    assert (result.adopted, result.put_back) == (1, 1)
    assert [row.path for row in rows(frame_rows)] == [name.path]
    assert gap_rows.gaps(GapQuery())[0] == []
    assert "a deleted frame was put back, it is listed again" in capsys.readouterr().out
    delete_row(frame_files, frame_rows)
    assert recovery.scan_all().adopted == 0


def test_a_deletion_from_before_deletions_were_recorded_can_be_undone_too(
    recovery: Recovery, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """Then there is only the gap."""
    content = delete_by_hand(frame_files, frame_rows, AT)
    with writing(frame_rows._engine) as session:
        session.exec(delete(DeletedFrame))
    frame_files.store.write(NAME.path, content)
    assert recovery.scan_all().put_back == 1


def test_what_is_to_stay_deleted_is_left_alone_and_said(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, capsys: pytest.CaptureFixture[str]
) -> None:
    """By ARCHIVE_TAKE_BACK=false. Nobody's file is deleted."""
    content = delete_by_hand(frame_files, frame_rows, AT)
    frame_files.store.write(NAME.path, content)
    recovery = Recovery(engine, frame_files, time.time_ns, takes_back=False)
    assert recovery.scan_all().left == 1
    assert (NAME.path in stored(frame_files), rows(frame_rows)) == (True, [])
    assert "left unlisted by ARCHIVE_TAKE_BACK" in capsys.readouterr().out


def test_what_retention_deleted_and_somebody_put_back_is_listed_and_marked(
    recovery: Recovery, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """So that retention does not delete it again within the hour. Younger frames have no mark."""
    old, young = ArchivedFrame.of(frame_files.save(NAME, webp_of()), AT), FrameName("camera_1", SLOT_START + 7200)
    frame_rows.add(old)
    content = frame_files.store.read(NAME.path)
    delete_row(frame_files, frame_rows, by_hand=False)
    frame_files.store.write(NAME.path, content)
    frame_files.save(young, webp_of(at=AT + timedelta(hours=2)))
    assert recovery.scan_all().put_back == 1
    assert {row.path: row.put_back_at is not None for row in rows(frame_rows)} == {NAME.path: True, young.path: False}


def test_an_unfinished_deletion_spares_what_was_written_since(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """The file of the same name is another one, or the same put back. A change of owner or mode does not count."""
    frame_rows.add(ArchivedFrame.of(frame_files.save(NAME, webp_of()), AT))
    content = frame_files.store.read(NAME.path)
    earlier = FrameRows(engine, lambda: time.time_ns() - 10 * ORPHAN_SECONDS * 1_000_000_000)
    earlier.delete([1], leave_gaps=True)
    frame_files.store.write(NAME.path, content)
    recovery = Recovery(engine, frame_files, time.time_ns)
    recovery.finish_deletions()
    assert NAME.path in stored(frame_files)
    assert frame_rows.pending_deletions() == {}
    assert recovery.scan_all().put_back == 1


def test_what_a_killed_neighbour_left_is_found_without_reading_all_the_archive_again(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows
) -> None:
    """Only recent files are scanned."""
    now = time.time_ns()
    running = slot_at(now, 3600).start_seconds
    gap_rows.record(SlotReport("camera_1", "Porch", 3600, running, running, AT))
    names = FrameName("camera_1", running), FrameName("camera_1", None, now // 1_000_000)
    for name in (*names, NAME):
        frame_files.save(name, webp_of(interval_seconds=None if name.slot_start is None else 3600))
    assert Recovery(engine, frame_files, lambda: now).scan_recent().adopted == 2
    assert {found.path for found in rows(frame_rows)} == {name.path for name in names}
    assert Recovery(engine, frame_files, after(7200)).scan_recent().whole == 0


def test_rows_of_the_first_version_get_their_features_and_thumbnails(
    recovery: Recovery, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """From their files; one that is broken is passed over."""
    frame = frame_files.save(NAME, webp_of(noise().point(lambda value: value // 4)))
    frame_files.store.delete(thumbnail_path_of(NAME.path))
    for old in (ArchivedFrame.of(frame, AT), row(slot_start=SLOT_START + 3600)):
        old.brightness = old.perceptual_hash = old.thumbnail_bytes = None
        frame_rows.add(old)
    assert recovery.measure() == 1
    found = frame_rows.get(1)
    assert found is not None
    assert (found.brightness, found.perceptual_hash) == (frame.features.brightness, frame.features.perceptual_hash)
    assert found.thumbnail_bytes == len(frame_files.store.read(thumbnail_path_of(NAME.path)))


def _unlabelled() -> bytes:
    file = io.BytesIO()
    noise().save(file, "WEBP")
    return file.getvalue()
