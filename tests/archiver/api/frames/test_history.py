"""Each camera's last 24 hours and 30 days, as states with reasons; on both kinds of database."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from services.archiver.api.frames.history import parts_of, strips
from services.archiver.app import create_app
from services.archiver.db.engine import writing
from services.archiver.db.gaps import GapRows
from services.archiver.db.history import GapsOfPiece, HistoryRows, KnownCamera, Pieces, spread
from services.archiver.db.models import ArchiveCamera, ArchivedFrame, ArchiveGap
from services.archiver.files.store import FrameStore
from services.archiver.service import Archiver
from shared.clock import Clock
from tests.archiver.support import has_begun, row
from tests.support.waiting import wait_until

HISTORY = "/api/camera/frames/history"
HOUR = 3600
NOW = 1_795_363_200 + 25 * 60
HOURS, DAYS = strips(NOW)


@pytest.fixture
def client(engine: Engine, store: FrameStore, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Archiver(engine, store, f"ipc://{tmp_path}/bus", Clock()))) as client:
        wait_until(lambda: has_begun(client, store))
        yield client


def gap(
    camera: str, begin: int, end: int, reason: str = "camera offline", detail: str | None = "no route"
) -> ArchiveGap:
    return ArchiveGap(
        camera_key=camera, start_seconds=begin, end_seconds=end, interval_seconds=60, reason=reason, detail=detail
    )


def camera_of(
    key: str, first: int | None, settled_until: int, *, is_watched: bool = True
) -> list[ArchiveCamera | ArchivedFrame]:
    at = datetime.fromtimestamp(settled_until, UTC)
    known = ArchiveCamera(
        key=key, name=key.title(), interval_seconds=60, settled_until=settled_until, heard_at=at, watched=is_watched
    )
    frames = [] if first is None else [row(key, first, datetime.fromtimestamp(first, UTC))]
    return [known, *frames]


def add(engine: Engine, *rows: ArchiveCamera | ArchivedFrame | ArchiveGap) -> None:
    with writing(engine) as session:
        session.add_all(rows)


def test_the_strips_end_with_the_present_hour() -> None:
    """24 hours, and 30 days of 24 hours."""
    assert HOURS.until == DAYS.until == NOW - 25 * 60 + HOUR
    assert (HOURS.count, HOURS.until - HOURS.since) == (24, 24 * HOUR)
    assert (DAYS.count, DAYS.until - DAYS.since) == (30, 30 * 24 * HOUR)


def test_a_gap_over_several_pieces_is_in_each_of_them() -> None:
    """With its part of the seconds; beyond the end is not counted."""
    pieces = Pieces(0, 100, 4)
    found = spread([GapsOfPiece("a", 0, "camera offline", 250, 210, "no route")], pieces)["a"]
    assert [found[number].seconds["camera offline"] for number in range(3)] == [60, 100, 50]
    beyond = spread([GapsOfPiece("a", 3, "archiver down", 1000, 650, None)], pieces)["a"]
    assert dict(beyond[3].seconds) == {"archiver down": 50}


def test_neighbours_of_one_state_are_one_part() -> None:
    """A month without trouble is one entry."""
    camera = KnownCamera("a", "A", first=-1000, settled_until=350, is_watched=True)
    pieces = Pieces(0, 100, 5)
    missing = spread([GapsOfPiece("a", 1, "camera offline", 250, 120, "no route")], pieces)["a"]
    parts = [(part.state, part.missing_seconds, part.reason, part.detail) for part in parts_of(camera, pieces, missing)]
    assert parts == [
        ("whole", 0, None, None),
        ("partly", 120, "camera offline", "no route"),
        ("whole", 0, None, None),
        ("open", 0, None, None),
    ]


def test_the_database_adds_up_in_one_query_for_each_strip(engine: Engine, gap_rows: GapRows) -> None:
    """Ten thousand gaps of a camera behind bad Wi-Fi come as one row for each hour and reason."""
    del gap_rows  # its tables are there
    settled = HOURS.until - HOUR
    begin = settled - 2 * HOUR
    gaps = [gap("porch", at, at + 10) for at in range(begin, settled, 20)]
    add(engine, *camera_of("porch", HOURS.since - 90 * 24 * HOUR, settled), *gaps)
    add(engine, gap("garden", HOURS.since - HOUR, HOURS.since + HOUR, "archiver down", None))
    add(engine, gap("porch", HOURS.since + 5 * HOUR, HOURS.since + 6 * HOUR, "deleted", None))
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    found = HistoryRows(engine).missing(HOURS)
    assert len([each for each in statements if each.lower().startswith("select")]) == 1
    assert {key: {number: dict(each.seconds) for number, each in of.items()} for key, of in found.items()} == {
        "porch": {21: {"camera offline": 1800}, 22: {"camera offline": 1800}},
        "garden": {0: {"archiver down": HOUR}},
    }
    assert list(HistoryRows(engine).missing(HOURS, "garden")) == ["garden"]
    assert HistoryRows(engine).cameras("garden") == []
    assert [known.key for known in HistoryRows(engine).cameras("porch")] == ["porch"]


def test_every_camera_is_told_with_its_states(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is well, one that was down, one that is switched off, and one that is new."""
    hours, days = strips(int(time.time()))
    # A new hour may begin before the request.
    monkeypatch.setattr("services.archiver.api.frames.history.strips", lambda _: (hours, days))
    settled, long_ago = hours.until - HOUR, days.since - 1000
    add(
        engine,
        *camera_of("down", long_ago, settled),
        gap("down", settled - 2 * HOUR, settled),
        *camera_of("new", settled - HOUR, settled),
        *camera_of("off", long_ago, settled - 3 * HOUR, is_watched=False),
        *camera_of("well", long_ago, settled),
    )
    answer = client.get(HISTORY).json()["cameras"]
    states = {each["camera"]: [part["state"] for part in each["hours"]] for each in answer}
    assert states == {
        "down": ["whole", "missing", "open"],
        "new": ["before", "whole", "open"],
        "off": ["whole", "off"],
        "well": ["whole", "open"],
    }
    (down,) = client.get(HISTORY, params={"camera": "down"}).json()["cameras"]
    part = down["hours"][1]
    assert (part["missing_seconds"], part["reason"], part["detail"]) == (2 * HOUR, "camera offline", "no route")
    assert datetime.fromisoformat(part["from"]).timestamp() == settled - 2 * HOUR
    assert [part["state"] for part in down["days"]] == ["whole", "partly"]
    assert client.get(HISTORY, params={"camera": "UPPER"}).status_code == 422
