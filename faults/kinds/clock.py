"""Clocks that are wrong, of one service each, by libfaketime: from its start, or set while it runs."""

import http.client
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from faults.audience import ARCHIVE_PAGES, BROWSER_PAGE, EVERYBODY, FIRST, NOBODY, PAGES, at_replica
from faults.fault import Fault
from faults.kinds.processes import NO_ARCHIVER, NO_INGEST
from faults.lab import Lab
from faults.stack import ARCHIVER_PORT
from faults.viewers.door import OPERATOR_TOKEN, Door
from faults.window import Promise
from faults.words import ARCHIVER_CLOCK, INGEST_CLOCK
from tests.support.waiting import wait_until

KIND: Final = "clock"
HOUR: Final = 3600
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY
ACCEPTED: Final = 202
IN_DOUBT: Final = 409
CACHE_SECONDS: Final = 1
"""libfaketime reads the file again after so long."""


@contextmanager
def wrong_from_the_start(lab: Lab, label: str, seconds: int) -> Iterator[None]:
    """The service starts with a wrong clock, and once more with the right one."""
    with _preloaded(lab, label, seconds):
        _ask_to_delete()
        yield


@contextmanager
def set_while_running(lab: Lab, label: str, seconds: int) -> Iterator[None]:
    """The service starts with the right clock, which is then set, and set back."""
    with _preloaded(lab, label, 0) as file:
        file.write_text(_offset(seconds))
        time.sleep(2 * CACHE_SECONDS)
        try:
            _ask_to_delete()
            yield
        finally:
            file.write_text(_offset(0))
            time.sleep(2 * CACHE_SECONDS)


@contextmanager
def _preloaded(lab: Lab, label: str, seconds: int) -> Iterator[Path]:
    """Restart the service with libfaketime and this offset, and without it at the end. Yields the offset's file."""
    file = lab.directory / f"{label}.clock"
    file.write_text(_offset(seconds))
    service = lab.stack.services[label]
    service.extra = {
        "LD_PRELOAD": str(_library()),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": str(CACHE_SECONDS),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
        "NO_FAKE_STAT": "1",
    }
    _restart(lab, label)
    try:
        yield file
    finally:
        service.extra = {}
        _restart(lab, label)


def _ask_to_delete() -> None:
    """Have the archiver delete what is due, as an operator does. By the true clock nothing is: it does so, or refuses
    because its clock is in doubt.
    """
    headers = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}
    answers: list[int] = []

    def is_answered() -> bool:
        with (
            suppress(OSError, http.client.HTTPException),
            closing(Door("the archiver", ARCHIVER_PORT).connection()) as door,
        ):
            door.request("POST", "/api/camera/retention", headers=headers)
            answers.append(door.getresponse().status)
        return bool(answers)

    wait_until(is_answered, "the archiver answers a request to delete", 10)
    if answers[-1] not in (ACCEPTED, IN_DOUBT):
        raise AssertionError(f"the archiver answered a request to delete with {answers[-1]}")


def _restart(lab: Lab, label: str) -> None:
    service = lab.stack.services[label]
    before, asked_at = service.starts, time.time()
    service.restart()
    wait_until(lambda: service.starts > before, f"{label} is started again", 20)
    if label == "ingest":
        wait_until(lambda: all(viewer.last_live_at > asked_at + 1 for viewer in lab.viewers), "ingest works", 20)
    else:
        port = {door.label: door.port for door in lab.stack.doors}.get(label, ARCHIVER_PORT)
        wait_until(lambda: _answers(port), f"{label} answers", 20)


def _answers(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException):
        return Door("any", port).get("/healthz")[0] == 200
    return False


def _offset(seconds: int) -> str:
    return f"{seconds:+d}\n"


def _library() -> Path | None:
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def missing() -> str | None:
    return None if _library() else "libfaketime is not installed: apt-get install libfaketime"


_SET: Final = Promise(25.0, NOBODY, NO_ARCHIVER, at_edges=True)
_SECONDS_AHEAD: Final = 7
"""Too little for a doubt: what the archive dates meanwhile stays so."""
_AHEAD: Final = replace(_SET, dates_ahead_seconds=_SECONDS_AHEAD)
_ARCHIVER: Final = replace(_SET, pages=ARCHIVE_PAGES, words=ARCHIVER_CLOCK, told_seconds=12.0)
_INGEST: Final = Promise(
    25.0,
    EVERYBODY,
    NO_INGEST,
    PAGES - {BROWSER_PAGE},
    INGEST_CLOCK,
    told_seconds=12.0,
    at_edges=True,
)
_STREAM: Final = Promise(20.0, at_replica(FIRST), at_edges=True)


def _fault(label: str, seconds: int, words: str, promise: Promise, *, running: bool) -> Fault:
    how = set_while_running if running else wrong_from_the_start
    when = "is set" if running else "starts"
    return Fault(
        f"the clock of {label} {when} {words}",
        KIND,
        lambda lab: how(lab, label, seconds),
        promise,
        least_seconds=13.0 if promise.pages else 6.0,
        overlaps=False,
        needs=missing,
    )


FAULTS: Final = (
    _fault("archiver", 400 * DAY, "400 days ahead", _ARCHIVER, running=False),
    _fault("archiver", -2 * YEAR, "two years behind", _ARCHIVER, running=False),
    _fault("archiver", 40 * DAY, "40 days ahead", _ARCHIVER, running=True),
    _fault("archiver", -3 * DAY, "three days behind", _ARCHIVER, running=True),
    _fault("archiver", _SECONDS_AHEAD, "seven seconds ahead", _AHEAD, running=True),
    _fault("ingest", -DAY, "a day behind", _INGEST, running=False),
    _fault("ingest", 2 * HOUR, "two hours ahead", _INGEST, running=True),
    _fault(FIRST, 2 * DAY, "two days ahead", _STREAM, running=True),
    _fault(FIRST, -YEAR, "a year behind", _STREAM, running=False),
)
