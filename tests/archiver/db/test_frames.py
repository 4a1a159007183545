"""The rows: one per camera and slot, newest first, in UTC."""

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session

from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.db.engine import open_engine
from services.archiver.db.frame_query import MAX_ID, Cursor, FrameQuery
from services.archiver.db.frames import FrameRows
from tests.archiver.support import AT, SLOT_START, row


def all_rows(frame_rows: FrameRows) -> list[tuple[str, int | None]]:
    return [(found.camera_key, found.slot_start) for found in frame_rows.page(FrameQuery(limit=500))[0]]


def test_a_datetime_without_an_offset_is_refused(frame_rows: FrameRows) -> None:
    """Nobody knows which instant it is."""
    with pytest.raises(StatementError, match="no offset"):
        frame_rows.add(row(captured_at=datetime(2026, 11, 22, 14)))  # noqa: DTZ001 the point of the test


def test_an_instant_comes_back_in_utc_to_the_microsecond_whatever_its_offset(frame_rows: FrameRows) -> None:
    """SQLite would forget the offset and move the picture by two hours."""
    frame_rows.add(row(captured_at=AT.astimezone(timezone(timedelta(hours=2)))))
    found = frame_rows.latest("camera_1")
    assert found is not None
    assert found.captured_at == AT
    assert found.captured_at.utcoffset() == timedelta(0)


def test_the_same_instant_with_another_offset_is_the_same_in_a_query(frame_rows: FrameRows) -> None:
    """Instants are compared, not texts."""
    frame_rows.add(row())
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))
    assert len(frame_rows.page(FrameQuery(since=tokyo))[0]) == 1
    assert len(frame_rows.page(FrameQuery(until=tokyo))[0]) == 0


def test_a_second_row_of_the_same_slot_changes_nothing(frame_rows: FrameRows) -> None:
    """Two archivers may enter it; the first stays."""
    frame_rows.add(row())
    frame_rows.add(row(captured_at=AT + timedelta(seconds=5)))
    rows, _ = frame_rows.page(FrameQuery())
    assert [found.captured_at for found in rows] == [AT]


def test_the_table_itself_refuses_a_second_row_of_the_same_slot(frame_rows: FrameRows) -> None:
    """Whoever writes into it, by whatever way."""
    frame_rows.add(row())
    with Session(frame_rows._engine) as session:
        session.add(row())
        with pytest.raises(IntegrityError):
            session.commit()


def test_other_cameras_have_the_same_slot(frame_rows: FrameRows) -> None:
    """Uniqueness is per camera."""
    frame_rows.add(row("camera_1"))
    frame_rows.add(row("camera_2"))
    assert sorted(all_rows(frame_rows)) == [("camera_1", SLOT_START), ("camera_2", SLOT_START)]


def test_pages_follow_each_other_without_gap_or_repetition(frame_rows: FrameRows) -> None:
    """Also where many pictures have the same instant, and while newer ones arrive."""
    for number in range(7):
        frame_rows.add(row(slot_start=SLOT_START + number, captured_at=AT + timedelta(seconds=number // 3)))
    seen: list[tuple[datetime, int]] = []
    cursor: Cursor | None = None
    while True:
        rows, cursor = frame_rows.page(FrameQuery(camera_key="camera_1", after=cursor, limit=2))
        seen += [(found.captured_at, found.id or 0) for found in rows]
        frame_rows.add(row(slot_start=SLOT_START + 100 + len(seen), captured_at=AT + timedelta(hours=1)))
        if cursor is None:
            break
    assert len(seen) == 7
    assert all(newer > older for newer, older in pairwise(seen))


def test_a_page_that_is_exactly_full_is_the_last(frame_rows: FrameRows) -> None:
    """No empty page follows."""
    frame_rows.add(row())
    assert frame_rows.page(FrameQuery(limit=1))[1] is None


def test_a_cursor_survives_as_text_and_other_text_is_none() -> None:
    """What a client sends back is checked."""
    cursor = Cursor(AT, 42)
    assert Cursor.decode(cursor.encode()) == cursor
    beyond = [Cursor(AT, row_id).encode() for row_id in (-1, MAX_ID + 1, 2**63)]
    for text in ("", "abc", "%%%", "é", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE", *beyond):
        with pytest.raises(ValueError):  # noqa: PT011 whatever its words
            Cursor.decode(text)


def test_the_newest_is_the_cameras_or_of_all(frame_rows: FrameRows) -> None:
    """Without a camera all count."""
    assert frame_rows.latest(None) is None
    frame_rows.add(row("camera_1"))
    frame_rows.add(row("camera_2", captured_at=AT + timedelta(seconds=1)))
    newest, own = frame_rows.latest(None), frame_rows.latest("camera_1")
    assert newest is not None
    assert own is not None
    assert (newest.camera_key, own.camera_key) == ("camera_2", "camera_1")
    assert frame_rows.latest("camera_3") is None


def test_an_id_beyond_any_is_unknown(frame_rows: FrameRows) -> None:
    """Not an error of the database."""
    assert frame_rows.get(2**70) is None
    assert frame_rows.get(0) is None
    assert frame_rows.get(1) is None


def test_a_database_that_is_away_is_one_error_without_its_address(tmp_path: Path) -> None:
    """Reading and writing alike."""
    away = FrameRows(open_engine(f"sqlite:///{tmp_path}/nowhere/archive.db"))
    with pytest.raises(DatabaseUnavailableError, match=r"^unable to open database file$"):
        away.add(row())
    with pytest.raises(DatabaseUnavailableError):
        away.latest(None)
