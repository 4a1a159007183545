"""A frame that is marked as kept: over HTTP, in the files and in the rows, and through the loss of either."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from services.archiver.app import create_app
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import KEPT_MARK, FrameFiles
from services.archiver.files.paths import kept_mark_of
from services.archiver.files.store import FrameStore
from services.archiver.service import Archiver
from shared.clock import Clock
from tests.archiver.support import AT, has_begun
from tests.support.archive import MadeArchive
from tests.support.waiting import wait_until

FRAMES = "/api/camera/frames"
LATER = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000


@pytest.fixture
def client(engine: Engine, store: FrameStore, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Archiver(engine, store, f"ipc://{tmp_path}/bus", Clock()))) as client:
        wait_until(lambda: has_begun(client, store))
        yield client


@pytest.fixture
def frames(store: FrameStore, frame_rows: FrameRows) -> list[ArchivedFrame]:
    """Three of them, one an hour."""
    return MadeArchive(FrameFiles(store), frame_rows).hours(AT.replace(minute=0, second=0), range(3))


def marks(store: FrameStore) -> list[str]:
    return [file.path for day in store.files("camera_1") for file in day if file.path.endswith(".kept")]


def test_a_frame_is_marked_and_the_mark_is_taken_away(
    frames: list[ArchivedFrame], client: TestClient, store: FrameStore
) -> None:
    """The answer, the listing and the index show it, and a mark stands beside the file. Done twice, it is done once."""
    marked = frames[1]
    for _ in range(2):
        answer = client.put(f"{FRAMES}/{marked.id}/kept")
        assert (answer.status_code, answer.json()["kept"]) == (200, True)
    listed = client.get(FRAMES, params={"order": "asc"}).json()["frames"]
    assert [frame["kept"] for frame in listed] == [False, True, False]
    assert client.get(f"{FRAMES}/index", params={"camera": "camera_1"}).json()["kept"] == [1]
    assert marks(store) == [kept_mark_of(marked.path)]
    assert store.read(kept_mark_of(marked.path)) == KEPT_MARK
    for _ in range(2):
        answer = client.delete(f"{FRAMES}/{marked.id}/kept")
        assert (answer.status_code, answer.json()["kept"]) == (200, False)
    assert client.get(f"{FRAMES}/index", params={"camera": "camera_1"}).json()["kept"] == []
    assert marks(store) == []


def test_a_frame_that_is_not_there_cant_be_kept(
    frames: list[ArchivedFrame], client: TestClient, store: FrameStore
) -> None:
    """In words, and without a mark for nothing."""
    del frames
    for answer in (client.put(f"{FRAMES}/999/kept"), client.delete(f"{FRAMES}/999/kept")):
        assert answer.status_code == 404
        assert "There is no archived picture 999" in answer.json()["detail"]
    assert marks(store) == []


def test_a_kept_frame_that_is_deleted_by_hand_leaves_no_mark(
    frames: list[ArchivedFrame], client: TestClient, store: FrameStore
) -> None:
    """The mark holds against retention, not against its owner."""
    client.put(f"{FRAMES}/{frames[0].id}/kept")
    assert client.delete(f"{FRAMES}/{frames[0].id}").status_code == 204
    assert marks(store) == []
    assert {file.path for day in store.files("camera_1") for file in day if frames[0].path in file.path} == set()


def test_marks_survive_the_loss_of_the_database(
    frames: list[ArchivedFrame], engine: Engine, store: FrameStore, frame_rows: FrameRows
) -> None:
    """The files are the truth: rows that are made anew know the mark, and so do rows of an older backup."""
    frame_files = FrameFiles(store)
    frame_files.mark_kept(frames[0].path)
    frame_files.mark_kept(frames[2].path)
    gone = [frame.id or 0 for frame in frames[:2]]
    assert frame_rows.delete(gone, leave_gaps=False)
    frame_rows.deletions_done([frame.path for frame in frames])
    Recovery(engine, frame_files, lambda: LATER).scan_all()
    found = {frame.path: found.kept for frame in frames if (found := frame_rows.by_path(frame.path))}
    assert found == {frames[0].path: True, frames[1].path: False, frames[2].path: True}


def test_a_mark_stays_when_its_row_was_marked_without_it(
    frames: list[ArchivedFrame], engine: Engine, store: FrameStore, frame_rows: FrameRows
) -> None:
    """In doubt a frame is kept: no scan takes a mark away."""
    frame_rows.set_kept([frames[0].path], is_kept=True)
    Recovery(engine, FrameFiles(store), lambda: LATER).scan_all()
    found = frame_rows.by_path(frames[0].path)
    assert found is not None
    assert found.kept
