"""What interruptions left behind is put in order: files get their rows, and leftovers go."""

import io
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from services.archiver.capture.slots import slot_at
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapRows
from services.archiver.db.models import ArchivedFrame
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
    assert (stored(frame_files), frame_rows.pending_deletions()) == ([], [])


def test_a_deleted_picture_that_another_archiver_writes_late_goes_as_well(
    recovery: Recovery, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """It was in the making when somebody deleted the first one."""
    frame_rows.add(ArchivedFrame.of(frame_files.save(NAME, webp_of()), AT))
    frame_rows.delete([1], leave_gaps=True)
    frame_files.remove(NAME.path)
    frame_rows.deletions_done([NAME.path])
    frame_files.save(NAME, webp_of())
    recovery.scan_all()
    assert (stored(frame_files), rows(frame_rows)) == ([], [])


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
