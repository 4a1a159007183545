"""The other clocks that are asked: what each of them answers, and which are none."""

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate

import pytest
from sqlalchemy import Engine

from services.archiver.clock import witnesses
from services.archiver.clock.kernel import synchronised_utc_ns
from services.archiver.clock.witnesses import ServerWitness, http_utc_ns, postgresql_utc_ns, witnesses_of
from services.archiver.db.frames import FrameRows
from shared.clock import NS_PER_SECOND


@contextmanager
def server(date: str | None) -> Iterator[str]:
    """An HTTP server that refuses everything, as a bucket's does, with that date."""

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(403)
            if date is not None:
                self.send_header("Date", date)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{serving.server_port}/bucket"
        finally:
            serving.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("date", "utc_seconds"), [(formatdate(1_795_000_000, usegmt=True), 1_795_000_000), (None, None), ("soon", None)]
)
def test_an_object_store_tells_the_time_whatever_it_answers(date: str | None, utc_seconds: int | None) -> None:
    """Without credentials it says no, with a date."""
    with server(date) as url:
        told = http_utc_ns(url)
    assert told == (None if utc_seconds is None else utc_seconds * NS_PER_SECOND)


def test_a_server_that_is_away_says_nothing() -> None:
    """It is asked again later."""
    assert http_utc_ns("http://127.0.0.1:9") is None


@pytest.mark.parametrize("is_outgrown", ["outgrown"], indirect=True)
def test_postgresql_tells_the_time(engine: Engine, frame_rows: FrameRows) -> None:
    """To the microsecond, by its own clock."""
    del frame_rows
    told = postgresql_utc_ns(engine)
    assert told is not None
    assert abs(told - time.time_ns()) < 60 * NS_PER_SECOND


@pytest.mark.parametrize("url", ["http://127.0.0.1:nine", "http://127.0.0.1:99999", "http://[::1", "ftp://", ""])
def test_an_address_that_is_none_says_nothing(url: str) -> None:
    """A mistyped endpoint is told by the store that is written to, and brings no watch down."""
    assert http_utc_ns(url) is None


@pytest.mark.parametrize("is_outgrown", ["outgrown", "one machine"], indirect=True)
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "http://[::1"])
def test_a_server_on_this_computer_is_no_witness(engine: Engine, endpoint: str) -> None:
    """It has the same wrong clock, and would agree."""
    _, *servers = witnesses_of(engine, "s3://bucket/prefix", endpoint)
    assert servers
    assert [each.utc_ns() for each in servers] == [None] * len(servers)


def test_a_server_is_a_witness_from_when_its_name_is_another_computers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name had no address when the archiver started, or has moved since."""
    addresses = {"db.example": "127.0.0.1"}
    monkeypatch.setattr(
        "shared.other_computer.socket.getaddrinfo", lambda name, *_, **__: [(0, 0, 0, "", (addresses[name], 0))]
    )
    server = ServerWitness("PostgreSQL", "db.example", lambda: 1, confirms=True)
    assert server.utc_ns() is None
    addresses["db.example"] = "192.0.2.1"
    assert server.utc_ns() == 1
    addresses["db.example"] = "127.0.0.1"
    assert server.utc_ns() is None


@pytest.mark.parametrize("is_outgrown", ["outgrown"], indirect=True)
@pytest.mark.parametrize("is_contained", [False, True])
def test_in_a_container_no_server_confirms_the_clock(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, is_contained: bool
) -> None:
    """Named by the computer's own address, it looks like another computer there."""
    monkeypatch.setattr(witnesses, "is_in_container", lambda: is_contained)
    kernel, *servers = witnesses_of(engine, "s3://bucket/prefix", "http://192.0.2.1")
    assert kernel.confirms
    assert [each.confirms for each in servers] == [not is_contained] * 2
    assert all(each.contradicts for each in servers)


def test_the_kernel_says_nothing_unless_a_time_service_keeps_its_clock() -> None:
    """Then it says the very time that this process is shown."""
    told = synchronised_utc_ns()
    assert told is None or abs(told - time.time_ns()) < 60 * NS_PER_SECOND
