"""The other clocks that are asked: what each of them answers, and which are none."""

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate

import pytest
from sqlalchemy import Engine

from services.archiver.clock.kernel import synchronised_utc_ns
from services.archiver.clock.witnesses import HttpDateWitness, KernelWitness, PostgresqlWitness, witnesses_of
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
        thread = threading.Thread(target=serving.serve_forever)
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
        told = HttpDateWitness("the object store", url).utc_ns()
    assert told == (None if utc_seconds is None else utc_seconds * NS_PER_SECOND)


def test_a_server_that_is_away_says_nothing() -> None:
    """It is asked again later."""
    assert HttpDateWitness("the object store", "http://127.0.0.1:9").utc_ns() is None


@pytest.mark.parametrize("is_outgrown", ["outgrown"], indirect=True)
def test_postgresql_tells_the_time(engine: Engine, frame_rows: FrameRows) -> None:
    """To the microsecond, by its own clock."""
    del frame_rows
    told = PostgresqlWitness(engine).utc_ns()
    assert told is not None
    assert abs(told - time.time_ns()) < 60 * NS_PER_SECOND


@pytest.mark.parametrize("is_outgrown", ["outgrown", "one machine"], indirect=True)
def test_a_server_on_this_computer_is_no_witness(engine: Engine) -> None:
    """It has the same wrong clock, and would agree."""
    (only,) = witnesses_of(engine, "s3://bucket/prefix", "http://127.0.0.1:9000")
    assert isinstance(only, KernelWitness)


def test_the_kernel_says_nothing_unless_a_time_service_keeps_its_clock() -> None:
    """Then it says the very time that this process is shown."""
    told = synchronised_utc_ns()
    assert told is None or abs(told - time.time_ns()) < 60 * NS_PER_SECOND
