"""Floods of costly requests at a real server: others are answered meanwhile, and what nobody waits for ends."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import uvicorn

from services.archiver.api import readiness
from services.archiver.api.frames import capture_limit, downloads
from services.archiver.app import create_app
from services.archiver.capture import manual
from services.archiver.db.frames import FrameRows
from services.archiver.files.archive_marker import MARKER
from services.archiver.files.frame_files import FileRecord, FrameFiles
from services.archiver.files.paths import thumbnail_path_of
from services.archiver.service import Archiver
from shared.clock import Clock
from shared.web.server import listen, make_server
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.place import Place
from tests.archiver.support import AT, MONTH_SECONDS, jpeg_of
from tests.support.archive import MadeArchive
from tests.support.ports import free_port
from tests.support.serving import serving
from tests.support.waiting import wait_until

FRAMES = "/api/camera/frames"
FRAME_COUNT = 30
THREADS = 40
"""That all endpoints share."""


@contextmanager
def served(archiver: Archiver) -> Iterator[int]:
    """Its port, by our server on a thread."""
    port = free_port()
    server: uvicorn.Server = make_server(create_app(archiver))
    with serving(server, listen("127.0.0.1", port, setting="TEST")):
        yield port


@pytest.fixture
def port(place: Place) -> Iterator[int]:
    """Of an archiver with a few frames."""
    archiver = Archiver(place.engine, place.store, place.bus_address, Clock())
    with served(archiver) as port:
        wait_until(lambda: get(port, FRAMES).status_code == 200)
        wait_until((place.store.root / MARKER).exists, "the archive is known by its file")
        archive = MadeArchive(archiver.frame_files, archiver.frame_rows)
        for number in range(FRAME_COUNT):
            archive.frame(AT + timedelta(hours=number))
        yield port


def get(port: int, path: str) -> httpx2.Response:
    return httpx2.get(f"http://127.0.0.1:{port}{path}", timeout=60)


@contextmanager
def waiting_clients(port: int, *paths: str) -> Iterator[None]:
    """A client with a request for each of these; they go at the end of the block, without an answer."""
    with ExitStack() as clients:
        for path in paths:
            client = clients.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=20)))
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        yield


def refusal(port: int, path: str) -> str | None:
    """The words of a 503."""
    answer = get(port, path)
    return str(answer.json()["detail"]) if answer.status_code == 503 else None


def sheet(width: int) -> str:
    return f"{FRAMES}/sprites?width={width}&ids={','.join(map(str, range(1, FRAME_COUNT + 1)))}"


def test_sheets_that_nobody_waits_for_are_not_made(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 of them held the archive for 68 s after their clients had gone."""
    cells, may_go_on = [], threading.Event()
    thumbnail = FrameFiles.thumbnail_picture

    def slow(self: FrameFiles, frame: FileRecord) -> object:
        cells.append(frame)
        may_go_on.wait(20)
        return thumbnail(self, frame)

    monkeypatch.setattr(FrameFiles, "thumbnail_picture", slow)
    with waiting_clients(port, *(sheet(64 + number) for number in range(50))):
        wait_until(lambda: cells, "the first sheet is being made")
    assert get(port, f"{FRAMES}/latest").status_code == 200
    time.sleep(1)  # in which the archiver looks whether its clients are still there
    may_go_on.set()
    assert get(port, sheet(200)).status_code == 200
    assert len(cells) < 4 * FRAME_COUNT, "sheets were made for nobody"


def test_days_that_nobody_waits_for_are_not_counted(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 400 days is a query."""
    days, may_go_on = [], threading.Event()
    amounts = FrameRows.amounts

    def slow(self: FrameRows, camera: str | None, windows: object) -> object:
        def each() -> Iterator[object]:
            for window in windows:  # type: ignore[attr-defined]
                days.append(window)
                may_go_on.wait(20)
                yield window

        return amounts(self, camera, each())  # type: ignore[arg-type]

    monkeypatch.setattr(FrameRows, "amounts", slow)
    with waiting_clients(port, *[f"{FRAMES}/days?from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z"] * 20):
        wait_until(lambda: days, "the first is being counted")
    time.sleep(1)  # as above
    may_go_on.set()
    assert get(port, f"{FRAMES}/days?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z").status_code == 200
    assert len(days) < 20, "days were counted for nobody"


def test_readyz_says_when_requests_hang_and_healthz_stays(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """More requests hang than there are threads; what is healthy answers, and afterwards all is well."""
    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 1.0)
    may_go_on = threading.Event()
    look_up = FrameRows.get

    def hanging(self: FrameRows, frame_id: int) -> object:
        may_go_on.wait(60)
        return look_up(self, frame_id)

    monkeypatch.setattr(FrameRows, "get", hanging)
    with ThreadPoolExecutor(2 * THREADS) as clients:
        answers = [clients.submit(get, port, f"{FRAMES}/1") for _ in range(2 * THREADS)]
        try:
            unready = wait_until(lambda: refusal(port, "/readyz"))
            assert "no answer" in str(unready)
            assert get(port, "/healthz").status_code == 200
            assert get(port, f"{FRAMES}/days").status_code == 200, "another kind has turns of its own"
        finally:
            may_go_on.set()
        assert {answer.result().status_code for answer in answers} == {200}
    wait_until(lambda: get(port, "/readyz").status_code == 200, "it is ready again")


def test_readyz_says_when_the_database_does_not_answer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is neither answered nor refused."""
    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 1.0)
    may_go_on = threading.Event()
    monkeypatch.setattr(readiness.Readiness, "_ask_database", lambda _: may_go_on.wait(60))
    unready = wait_until(lambda: refusal(port, "/readyz"))
    assert str(unready).startswith("The database: no answer for")
    assert get(port, "/healthz").status_code == 200
    may_go_on.set()
    wait_until(lambda: get(port, "/readyz").status_code == 200, "it is ready again")


def test_one_address_downloads_only_so_many_zip_files_at_a_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is read for as long as its client takes. The limit is told with its number, and others are answered."""
    monkeypatch.setattr(downloads, "MOST_OF_ONE", 2)
    may_go_on = threading.Event()

    def slow(*_: object) -> Iterator[bytes]:
        yield b"begun"
        may_go_on.wait(60)
        yield b"done"

    monkeypatch.setattr("services.archiver.api.frames.zip_download.zipped", slow)
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        with client.stream("GET", f"{FRAMES}/zip") as first, client.stream("GET", f"{FRAMES}/zip") as second:
            assert (first.status_code, second.status_code) == (200, 200)
            refused = get(port, f"{FRAMES}/zip")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
            assert "2 zip files" in refused.json()["detail"]
            assert get(port, f"{FRAMES}/latest").status_code == 200
        may_go_on.set()
        wait_until(lambda: get(port, f"{FRAMES}/zip").status_code == 200, "those who have gone count no more")


def test_a_manual_capture_ends_with_its_client(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera need not encode for somebody who does not wait."""
    monkeypatch.setattr(manual, "WAIT_SECONDS", 60.0)
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    archiver = Archiver(place.engine, place.store, place.bus_address, Clock())
    with ScriptedBus(place.bus_address, [camera]).running(), served(archiver) as port:
        wait_until(place.rows, "the slot has its frame")
        wait_until(lambda: not camera.demanded)
        camera.live = False
        with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
            client.sendall(f"POST {FRAMES} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
            wait_until(lambda: camera.demanded, "a frame is asked for")
        wait_until(lambda: not camera.demanded, "it is no more", timeout_seconds=5)


def test_manual_captures_have_limits_that_say_themselves(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """In number under way, and in a minute; with when to try again."""
    monkeypatch.setattr(capture_limit, "MOST_A_MINUTE", 3)
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    archiver = Archiver(place.engine, place.store, place.bus_address, Clock())
    with ScriptedBus(place.bus_address, [camera]).running(), served(archiver) as port:
        wait_until(place.rows, "the slot has its frame")
        answers = [httpx2.post(f"http://127.0.0.1:{port}{FRAMES}", timeout=60) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert "3 pictures in the last minute" in answers[-1].json()["detail"]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        monkeypatch.setattr(capture_limit, "MOST_A_MINUTE", 100)
        monkeypatch.setattr(capture_limit, "MOST_UNDER_WAY", 0)
        refused = httpx2.post(f"http://127.0.0.1:{port}{FRAMES}", timeout=60)
        assert (refused.status_code, "0 manual captures" in refused.json()["detail"]) == (429, True)


def test_a_large_file_in_a_thumbnails_place_is_not_opened_for_a_sheet(port: int, place: Place) -> None:
    """Nobody checks a thumbnail against its row, so its size is checked. The sheet has the frame's own."""
    from tests.archiver.hostile_files import flat  # noqa: PLC0415 this test's alone

    row = place.rows()[0]
    hostile = Path(place.store.root / thumbnail_path_of(row.path))
    hostile.write_bytes(flat(3000))
    answer = get(port, f"{FRAMES}/sprites?ids={row.id}")
    assert (answer.status_code, "max-age=30" in answer.headers["cache-control"]) == (200, False)
    assert len(hostile.read_bytes()) < 20_000, "the thumbnail was made anew"
