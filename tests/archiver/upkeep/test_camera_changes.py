"""A camera is renamed, merged or forgotten: files and rows together, and whatever a crash leaves is finished."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from services.archiver.base.errors import CameraChangingError, StorageUnavailableError, UnknownCameraError
from services.archiver.db.camera_changes import CameraChanges
from services.archiver.db.cameras import CameraRows
from services.archiver.db.engine import writing
from services.archiver.db.file_facts import FileFacts
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.models import ArchivedFrame, ArchiveGap
from services.archiver.db.recovery import Recovery
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.upkeep.camera_changes import CameraKeeper, ChangeResult
from services.archiver.upkeep.report import RescanReport
from tests.archiver.support import noise
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
on_a_disk = pytest.mark.parametrize("is_outgrown", [False], indirect=True)


@pytest.fixture
def keeper(engine: Engine, frame_files: FrameFiles, recovery: Recovery) -> CameraKeeper:
    return CameraKeeper(engine, frame_files, recovery)


def change(keeper: CameraKeeper, key: str, new_key: str | None) -> ChangeResult:
    keeper.begin(key, new_key)
    return keeper.finish(key, new_key)


def rows(archive: MadeArchive) -> list[ArchivedFrame]:
    return list(archive.frame_rows.page(FrameQuery(limit=500, oldest_first=True))[0])


def files(frame_files: FrameFiles) -> list[str]:
    store = frame_files.store
    return sorted(file.path for camera in store.cameras() for day in store.files(camera) for file in day)


def heard(gap_rows: GapRows, key: str, at: datetime) -> None:
    """A report of a camera that is away."""
    start = int(BEGIN.timestamp())
    gap_rows.record(SlotReport(key, key.title(), 3600, start - 7200, start, at))


def test_a_frame_that_was_dated_anew_gives_its_slot_to_the_other_cameras_frame(
    archive: MadeArchive, keeper: CameraKeeper, engine: Engine
) -> None:
    """The clock was wrong, so its file has another hour's name. Either camera may have such a frame."""
    anew, second = archive.hours(BEGIN, (0, 5), camera_key="porch")
    first, other = archive.hours(BEGIN, (2, 9), camera_key="garden")
    with writing(engine) as session:
        for row, slot in ((anew, first), (other, second)):
            found = session.get(ArchivedFrame, row.id)
            assert found is not None
            found.slot_start, found.captured_at = slot.slot_start, slot.captured_at
            session.add(found)
    slots = {first.id: first.slot_start, second.id: second.slot_start, anew.id: None, other.id: None}
    assert change(keeper, "porch", "garden").is_complete
    assert {row.id: row.slot_start for row in rows(archive)} == slots


def test_a_rename_takes_files_rows_thumbnails_gaps_and_ids_along(
    archive: MadeArchive, keeper: CameraKeeper, gap_rows: GapRows, engine: Engine
) -> None:
    """Whoever has the address of a picture still has it."""
    before = archive.hours(BEGIN, range(30), camera_key="porch")
    before.append(archive.frame(BEGIN, camera_key="porch", interval_seconds=None))
    archive.frame_files.mark_kept(before[0].path)
    archive.frame_rows.set_kept([before[0].path], is_kept=True)
    heard(gap_rows, "porch", BEGIN)
    result = change(keeper, "porch", "garden")
    assert (result.is_complete, result.words) == (True, "31 pictures of porch are pictures of garden now.")
    after = rows(archive)
    assert {row.camera_key for row in after} == {"garden"}
    assert {(row.id, row.sha256) for row in after} == {(row.id, row.sha256) for row in before}
    for row in after:
        assert hashlib.sha256(archive.frame_files.store.read(row.path)).hexdigest() == row.sha256
    (kept,) = (row.path for row in after if row.kept)
    assert kept == before[0].path.replace("porch", "garden")
    assert f"{kept}.kept" in files(archive.frame_files)
    assert len(files(archive.frame_files)) == 2 * 31 + 1
    assert archive.frame_files.store.cameras() == ["garden"]
    assert [camera.key for camera in CameraRows(engine).all()] == ["garden"]
    assert {gap.camera_key for gap in gap_rows.gaps(GapQuery())[0]} == {"garden"}


def test_a_rename_into_another_camera_merges_both_and_loses_nothing(
    archive: MadeArchive, keeper: CameraKeeper, gap_rows: GapRows
) -> None:
    """Where both have a picture of a slot the other camera's stays; ours keeps its old key, and this is said."""
    old = archive.hours(BEGIN, range(4), camera_key="porch")
    other = archive.frame(BEGIN + timedelta(hours=3), camera_key="garden", picture=noise())
    archive.hours(BEGIN, range(5, 8), camera_key="garden")
    result = change(keeper, "porch", "garden")
    assert not result.is_complete
    assert "1 stay with porch, because garden has other pictures of these slots" in result.words
    found = rows(archive)
    assert [row.path for row in found if row.camera_key == "porch"] == [old[3].path]
    assert (
        next(row for row in found if row.slot_start == other.slot_start and row.id == other.id).sha256 == other.sha256
    )
    assert len(found) == 8
    assert len(files(archive.frame_files)) == 2 * 8
    del gap_rows


def test_ghost_rows_of_a_camera_that_was_moved_by_hand_are_joined_with_its_new_rows(
    archive: MadeArchive, keeper: CameraKeeper, rescan: Callable[..., RescanReport]
) -> None:
    """The files were adopted under the new key before."""
    archive.hours(BEGIN, range(3), camera_key="porch")
    store = archive.frame_files.store
    for path in files(archive.frame_files):
        store.write(path.replace("porch", "garden"), store.read(path))
        store.delete(path)
    assert rescan().cameras[1].elsewhere == {"garden": 3}
    assert change(keeper, "porch", "garden").is_complete
    assert {row.camera_key for row in rows(archive)} == {"garden"}
    report = rescan()
    assert (report.is_right, len(report.cameras)) == (True, 1)


def test_a_gap_of_the_old_camera_stays_a_gap_only_where_the_other_has_no_picture(
    archive: MadeArchive, keeper: CameraKeeper, gap_rows: GapRows, engine: Engine
) -> None:
    """A slot has one or the other."""
    start = int(BEGIN.timestamp())
    archive.frame(BEGIN + timedelta(hours=1), camera_key="garden")
    archive.frame(BEGIN + timedelta(hours=9), camera_key="porch")
    with writing(engine) as session:
        session.add(
            ArchiveGap(
                camera_key="porch",
                start_seconds=start,
                end_seconds=start + 3 * 3600,
                interval_seconds=3600,
                reason="camera offline",
            )
        )
    assert change(keeper, "porch", "garden").is_complete
    gaps = gap_rows.gaps(GapQuery())[0]
    hours = [((gap.start_seconds - start) // 3600, (gap.end_seconds - start) // 3600) for gap in gaps]
    assert hours == [(0, 1), (2, 3)]


def test_forgetting_leaves_nothing_of_the_camera_and_everything_of_the_others(
    archive: MadeArchive, keeper: CameraKeeper, gap_rows: GapRows, engine: Engine
) -> None:
    """Frames, thumbnails, files that had been set aside, gaps, and what was remembered."""
    archive.hours(BEGIN, range(5), camera_key="porch")
    kept = archive.hours(BEGIN, range(5), camera_key="porch-2")
    heard(gap_rows, "porch", BEGIN)
    store = archive.frame_files.store
    store.write("porch/2026/10/03/porch_20261003T140000Z.webp.broken", b"x")
    store.write("porch/2026/10/03/notes.txt", b"mine")
    result = change(keeper, "porch", None)
    assert result.words == (
        "porch is forgotten, with 5 pictures. Its time-lapses stay in their list. "
        "1 files that the archiver did not write are left in its directory."
    )
    assert {row.path for row in rows(archive)} == {row.path for row in kept}
    assert [path for path in files(archive.frame_files) if path.startswith("porch/")] == ["porch/2026/10/03/notes.txt"]
    assert len(files(archive.frame_files)) == 11
    assert [camera.key for camera in CameraRows(engine).all()] == ["porch-2"]
    assert gap_rows.gaps(GapQuery())[0] == []
    assert archive.frame_rows.pending_deletions() == {}


def test_a_recorder_that_waits_for_a_forgotten_camera_does_not_bring_it_back(
    archive: MadeArchive, keeper: CameraKeeper, gap_rows: GapRows, engine: Engine
) -> None:
    """It does not know of the change. A camera that is heard again begins anew."""
    archive.frame(BEGIN, camera_key="porch")
    change(keeper, "porch", None)
    heard(gap_rows, "porch", BEGIN)
    assert CameraRows(engine).all() == []
    heard(gap_rows, "porch", datetime.now(UTC) + timedelta(seconds=5))
    assert [camera.key for camera in CameraRows(engine).all()] == ["porch"]


def test_while_a_camera_changes_no_scan_touches_it_and_no_other_change_begins(
    archive: MadeArchive, keeper: CameraKeeper, recovery: Recovery, frame_rows: FrameRows
) -> None:
    """A scan in between would adopt the files that have been moved already."""
    row = archive.frame(BEGIN, camera_key="porch")
    keeper.begin("porch", "garden")
    keeper.begin("porch", "garden")
    for key, new_key in (("porch", None), ("porch", "cellar")):
        with pytest.raises(CameraChangingError):
            keeper.begin(key, new_key)
    store = archive.frame_files.store
    store.move({row.path: row.path.replace("porch", "garden")})
    assert recovery.scan_all().adopted == 0
    assert keeper.finish("porch", "garden").is_complete
    assert [row.camera_key for row in rows(archive)] == ["garden"]
    del frame_rows


def test_a_camera_that_the_archive_does_not_have_is_refused(keeper: CameraKeeper, engine: Engine) -> None:
    """Nothing is entered."""
    with pytest.raises(UnknownCameraError):
        keeper.begin("nobody", None)
    assert CameraChanges(engine).unfinished() == []


class Cut:
    """Ends the work at the nth call of anything that changes store or rows, before it or after it."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int) -> None:
        self._left = at
        for owner, name in (
            (LocalStore, "_moved"),
            (LocalStore, "delete"),
            (CameraRows, "rename_frames"),
            (CameraRows, "rename_rest"),
            (CameraRows, "forget_rest"),
            (FrameRows, "delete"),
            (FrameRows, "deletions_done"),
            (CameraChanges, "end"),
        ):
            patch.setattr(owner, name, self._cutting(getattr(owner, name)))

    def _cutting(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **named: Any) -> Any:
            self._tick()
            result = work(*given, **named)
            self._tick()
            return result

        return wrapped

    def _tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise StorageUnavailableError("cut")


@on_a_disk
@pytest.mark.parametrize("new_key", ["garden", None])
def test_a_change_that_is_cut_short_anywhere_is_finished_by_the_next_attempt(
    archive: MadeArchive, keeper: CameraKeeper, recovery: Recovery, new_key: str | None
) -> None:
    """At each step, with scans of a running archiver in between."""
    cuts = 0
    for at in range(1, 200):
        archive.hours(BEGIN, range(3), camera_key="porch")
        with pytest.MonkeyPatch.context() as patch:
            Cut(patch, at)
            try:
                change(keeper, "porch", new_key)
            except StorageUnavailableError:
                cuts += 1
        recovery.finish_deletions()
        recovery.scan_all()
        was_done = not keeper.unfinished()
        if not was_done:
            change(keeper, "porch", new_key)
        found = rows(archive)
        assert [row.camera_key for row in found] == [new_key] * len(found)
        assert len(found) == (3 if new_key else 0), at
        assert len(files(archive.frame_files)) == 2 * len(found), at
        for row in found:
            assert hashlib.sha256(archive.frame_files.store.read(row.path)).hexdigest() == row.sha256
        if new_key:
            change(keeper, new_key, None)
        if was_done and at > 40:
            break
    assert cuts > 15


def test_a_row_that_another_finisher_has_renamed_already_stays(archive: MadeArchive, engine: Engine) -> None:
    """The command and the archiver may finish the same change side by side."""
    archive.hours(BEGIN, range(3), camera_key="porch")
    camera_rows, (row, *_) = CameraRows(engine), rows(archive)
    fact = next(fact for fact in FileFacts(engine).of_camera(row.camera_key) if fact.id == row.id)
    new_path = row.path.replace(row.camera_key, "garden")
    for _ in range(2):
        camera_rows.rename_frames([(fact, new_path)], "garden")
    assert [each.id for each in rows(archive) if each.path == new_path] == [row.id]


def test_what_was_known_of_a_frame_holds_for_the_row_that_a_scan_made_of_its_moved_file(
    archive: MadeArchive, engine: Engine
) -> None:
    """Retention would delete what somebody marked as kept."""
    archive.hours(BEGIN, range(3), camera_key="porch")
    first, second, *_ = rows(archive)
    archive.frame_rows.set_kept([first.path], is_kept=True)
    fact = next(fact for fact in FileFacts(engine).of_camera(first.camera_key) if fact.id == first.id)
    CameraRows(engine).rename_frames([(fact, second.path)], second.camera_key)
    assert next((each.id, each.kept) for each in rows(archive)) == (second.id, True)
