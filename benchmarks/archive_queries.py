"""The archiver's response times over HTTP with a million rows, on SQLite and on PostgreSQL."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2
from sqlalchemy import insert

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.paths import path_of
from tests.support.ports import free_port
from tests.support.postgresql import running_postgresql
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

CAMERAS: Final = 4
INTERVAL_SECONDS: Final = 300
BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
FRAMES: Final = "/api/camera/frames"
ASKED: Final = 300
_AT_ONCE: Final = 20_000
_REQUESTS: Final = ("latest", "list", "list at an instant", "list by daylight", "list same hour", "nearest", "days")
_SEED: Final = 5


def queries(directory: Path, rows: int) -> list[dict[str, object]]:
    results = [_measured("SQLite", f"sqlite:///{directory}/archive.db", rows, directory)]
    with running_postgresql() as server:
        results += [_measured("PostgreSQL", server.replace("postgresql:", "postgresql+psycopg:"), rows, directory)]
    return [row for found in results for row in found]


def _measured(name: str, database_url: str, rows: int, directory: Path) -> list[dict[str, object]]:
    _fill(database_url, rows)
    span = timedelta(seconds=rows // CAMERAS * INTERVAL_SECONDS)
    with _served(database_url, directory / name) as client:
        return [
            {"database": name, "rows": rows, "request": request, **_times(client, request, span)}
            for request in _REQUESTS
        ]


def _times(client: httpx2.Client, request: str, span: timedelta) -> dict[str, object]:
    dice, seconds = random.Random(_SEED), []  # noqa: S311 chance that can be repeated, no secret
    for _ in range(ASKED):
        at = (BEGIN + dice.random() * span).isoformat()
        camera = f"camera_{dice.randrange(CAMERAS)}"
        path, query = {
            "latest": ("/latest", {}),
            "list": ("", {}),
            "list at an instant": ("", {"to": at}),
            "list by daylight": ("", {"to": at, "daylight": "true"}),
            "list same hour": ("", {"to": at, "hour": "12", "tz": "Europe/Berlin"}),
            "nearest": ("/nearest", {"at": at}),
            "days": ("/days", {"to": at}),
        }[request]
        begun = time.perf_counter()
        answer = client.get(FRAMES + path, params={"camera": camera, **query})
        seconds.append(time.perf_counter() - begun)
        assert answer.status_code == 200, answer.text
    seconds.sort()
    return {f"p{share}_ms": round(seconds[len(seconds) * share // 100] * 1000, 1) for share in (50, 95)}


def _fill(database_url: str, rows: int) -> None:
    engine = open_engine(database_url)
    upgrade(engine)
    begin = int(BEGIN.timestamp())
    for first in range(0, rows, _AT_ONCE):
        batch = [_row(number, begin) for number in range(first, min(rows, first + _AT_ONCE))]
        with engine.begin() as connection:
            connection.execute(insert(ArchivedFrame), batch)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _row(number: int, begin: int) -> dict[str, object]:
    camera, slot_start = f"camera_{number % CAMERAS}", begin + number // CAMERAS * INTERVAL_SECONDS
    at = datetime.fromtimestamp(slot_start + 0.5, UTC)
    return {
        "camera_key": camera,
        "kind": "slot",
        "slot_start": slot_start,
        "interval_seconds": INTERVAL_SECONDS,
        "captured_at": at,
        "path": path_of(camera, slot_start),
        "width": 1920,
        "height": 1080,
        "bytes": 80_000,
        "sha256": f"{number:064x}",
        "thumbnail_bytes": 4000,
        "brightness": 100.0 if 6 <= at.hour < 18 else 10.0,
        "perceptual_hash": f"{number:016x}",
        "created_at": at,
    }


@contextmanager
def _served(database_url: str, directory: Path) -> Iterator[httpx2.Client]:
    directory.mkdir()
    port = free_port()
    environment = {
        "ARCHIVER_PORT": str(port),
        "ARCHIVE_DIR": str(directory / "frames"),
        "DATABASE_URL": database_url,
        "BUS_CONNECT": f"ipc://{directory}/bus",
    }
    service = ServiceProcess("services.archiver", environment, directory / "log")
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            wait_until(lambda: _answers(client), "the archiver answers", 60)
            yield client
    finally:
        service.stop()


def _answers(client: httpx2.Client) -> bool:
    try:
        return client.get(FRAMES + "/latest").status_code == 200
    except httpx2.TransportError:
        return False
