"""What the owner decides, while something breaks: a token is ended, a disk is full, a file is damaged or an older one.

`lab.tokens` has the token, and knocks with it all the time. What was ended, whatever happens, opens nothing any more.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from faults.audience import BROWSER_PAGE, EVERYBODY, FIRST, NOBODY, PAGES
from faults.fault import Fault
from faults.kinds.processes import INGEST_AWAY, INGEST_BRIEFLY, NO_INGEST, STREAM_STILL, down, killed, stopped
from faults.lab import Lab
from faults.window import Promise
from faults.words import NOT_KEPT, OLDER_ACCESS, OTHER_ACCESS
from shared.control.local import ask_here
from tests.support.waiting import wait_until

KIND: Final = "access"
FILE: Final = "access.json"
SOCKET: Final = "control.sock"
LOOK_SECONDS: Final = 5.0
"""So often ingest tries again to keep what it could not keep, and looks for a file that was mended."""
BLOCK: Final = bytes(4096)


@contextmanager
def ended_while(lab: Lab, breaking: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Somebody asks for the token's end at the second replica, and right then it breaks. Perhaps nobody answers."""
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lab.tokens.end, lab.stack.doors[1])
        with breaking():
            yield
        lab.timeline.add(f"a token's end was asked for; the answer: {asked.result()}")


@contextmanager
def ended_beside_a_replica(lab: Lab) -> Iterator[None]:
    """The first replica stands still, and hears of the end when it goes on."""
    with stopped(lab, lab.stack.services[FIRST].pids()):
        _renew(lab)
        yield


@contextmanager
def full(lab: Lab) -> Iterator[None]:
    """What is decided holds all the same."""
    ballast = lab.stack.owner_dir / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(BLOCK)
        except OSError:
            pass
    try:
        _renew(lab)
        yield
    finally:
        ballast.unlink()


@contextmanager
def damaged(lab: Lab) -> Iterator[None]:
    """Half of the file is gone, and ingest starts anew. In the end the whole one is put back, with ingest running."""
    file = _file(lab)
    whole = file.read_bytes()
    _restart_with(lab, file, whole[: len(whole) // 2])
    try:
        yield
    finally:
        file.write_bytes(whole)


@contextmanager
def put_back(lab: Lab) -> Iterator[None]:
    """A token is ended, and then an older file put in place in which it is valid, as from a backup. In the end the
    owner says that the older one is right.
    """
    file = _file(lab)
    older = file.read_bytes()
    _renew(lab)
    _restart_with(lab, file, older)
    try:
        yield
    finally:
        lab.tokens.forget()
        ask_here(lab.stack.owner_dir / SOCKET, "settle")


def _renew(lab: Lab) -> None:
    refused = lab.tokens.renew(lab.stack.doors[1])
    if refused is not None:
        raise AssertionError(refused)


def _restart_with(lab: Lab, file: Path, content: bytes) -> None:
    with down(lab, "ingest"):
        wait_until(lambda: not lab.stack.services["ingest"].pid, "ingest has ended", 10)
        file.write_bytes(content)
    since = time.time()
    wait_until(lambda: all(viewer.last_live_at > since for viewer in lab.viewers), "ingest works", 20)


def _file(lab: Lab) -> Path:
    return lab.stack.owner_dir / FILE


_TELLING: Final = PAGES - {BROWSER_PAGE}
_RESTARTED: Final = Promise(25.0, EVERYBODY, NO_INGEST, _TELLING, OTHER_ACCESS, at_edges=True)
_OLDER: Final = Promise(25.0, EVERYBODY, NO_INGEST, _TELLING, OLDER_ACCESS, at_edges=True)
_FULL: Final = Promise(LOOK_SECONDS + 5.0, NOBODY, pages=_TELLING, words=NOT_KEPT)

FAULTS: Final = (
    Fault(
        "ingest is killed while a token is ended",
        KIND,
        lambda lab: ended_while(lab, lambda: killed(lab, "ingest")),
        INGEST_BRIEFLY,
        is_momentary=True,
    ),
    Fault(
        "ingest stands still while a token is ended",
        KIND,
        lambda lab: ended_while(lab, lambda: stopped(lab, lab.stack.services["ingest"].pids())),
        INGEST_AWAY,
    ),
    Fault("a replica stands still while a token is ended", KIND, ended_beside_a_replica, STREAM_STILL),
    Fault("the disk of what the owner decides is full", KIND, full, _FULL, overlaps=False),
    Fault("the file of what the owner decides is damaged", KIND, damaged, _RESTARTED, overlaps=False),
    Fault("an older file of what the owner decides is put back", KIND, put_back, _OLDER, overlaps=False),
)
