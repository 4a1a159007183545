"""Changes of the cameras while something breaks, and what others do to the cameras file. `lab.owner` makes the changes.

Nobody who watches another camera may notice any of it, unless ingest itself is broken.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from faults.audience import BROWSER_PAGE, FIRST, NOBODY, PAGES
from faults.camera_facts import DONE, FAILS, SILENT
from faults.fault import Fault
from faults.kinds.processes import INGEST_AWAY, INGEST_BRIEFLY, STREAM_STILL, killed, stopped
from faults.lab import Lab
from faults.viewers.camera_owner import Seen
from faults.viewers.silent_host import SilentHost
from faults.window import Promise
from faults.words import FILE_NOT_IN_FORCE

KIND: Final = "cameras"
TRY_SECONDS: Final = 9.0
"""Longer than an address is tried that never answers, with `OPEN_SECONDS`."""
OPEN_SECONDS: Final = 3
MANY: Final = 6
SEARCH_SECONDS: Final = 14.0
_moments: Final = itertools.cycle((None, 0.0, 0.004, 0.008, 0.012, 0.02, 0.035))
"""How long after a request something breaks, in seconds: before, while and after it is done. None: as soon as the file
has it, so that often nobody is answered.
"""
KEPT_SECONDS: Final = 1.0
_HUNG: Final = frozenset({FAILS})


@contextmanager
def changed_while(lab: Lab, breaking: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Somebody changes a camera at the second replica, and right then it breaks. Perhaps nobody answers."""
    door = lab.stack.doors[1]
    seen = _seen(lab)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lab.owner.rename, door, seen, frozenset({DONE, SILENT}))
        _wait_for_moment(lab)
        with breaking():
            yield
        asked.result()


@contextmanager
def tried_while_ingest_is_killed(lab: Lab) -> Iterator[None]:
    """The try's process may not stay behind."""
    with SilentHost() as host, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lab.owner.attempt, lab.stack.doors[1], _silent(host), frozenset({FAILS, SILENT}))
        host.wait_for_connections(1)
        with killed(lab, "ingest"):
            yield
        asked.result()


@contextmanager
def changed_beside_a_replica(lab: Lab) -> Iterator[None]:
    """The first replica stands still, and hears of the change when it goes on."""
    with stopped(lab, lab.stack.services[FIRST].pids()):
        lab.owner.rename(lab.stack.doors[1], _seen(lab))
        yield


@contextmanager
def full(lab: Lab) -> Iterator[None]:
    with lab.stack.cameras_disk.full():
        lab.owner.rename(lab.stack.doors[0], _seen(lab), frozenset({"busy"}))
        yield


@contextmanager
def read_only(lab: Lab) -> Iterator[None]:
    with lab.stack.cameras_disk.read_only():
        lab.owner.rename(lab.stack.doors[0], _seen(lab), frozenset({"not_here"}))
        yield


@contextmanager
def edited_meanwhile(lab: Lab) -> Iterator[None]:
    """An editor saves the file before somebody's change that was made of the older version, and then in the midst of
    one. What it saved stays.
    """
    owner, door = lab.owner, lab.stack.doors[1]
    seen = _seen(lab)
    owner.write(owner.marked(_content(lab)))
    owner.rename(door, seen, frozenset({"changed"}))
    seen, edited = _seen(lab), owner.marked(_content(lab))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(owner.rename, door, seen, frozenset({DONE, "changed"}))
        _wait_for_moment(lab)
        owner.write(edited)
        asked.result()
    yield


@contextmanager
def damaged(lab: Lab) -> Iterator[None]:
    """The cameras that run go on, no change is made of it, and it is mended by hand."""
    with _written(lab, _content(lab) + b"\n[[camera]\n"):
        yield


@contextmanager
def deleted(lab: Lab) -> Iterator[None]:
    with _written(lab, None):
        yield


@contextmanager
def put_back(lab: Lab) -> Iterator[None]:
    """An older file is put in place, as from a backup: it counts, and a change of the newer one is refused."""
    older, door = _content(lab), lab.stack.doors[1]
    lab.owner.rename(door, _seen(lab))
    seen = _seen(lab)
    lab.owner.write(older)
    lab.owner.rename(door, seen, frozenset({"changed"}))
    yield


@contextmanager
def tried_in_vain(lab: Lab) -> Iterator[None]:
    with SilentHost() as host, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lab.owner.attempt, lab.stack.doors[0], _silent(host), _HUNG)
        yield
        asked.result()


@contextmanager
def many_tried(lab: Lab) -> Iterator[None]:
    """Two are tried, and the others are told to wait."""
    with SilentHost() as host, ThreadPoolExecutor(MANY) as pool:
        doors = itertools.islice(itertools.cycle(lab.stack.doors), MANY)
        wanted = [pool.submit(lab.owner.attempt, door, _silent(host), _HUNG | {"busy"}) for door in doors]
        yield
        for each in wanted:
            each.result()


@contextmanager
def searched_in_vain(lab: Lab) -> Iterator[None]:
    """The host accepts every connection and says nothing. A second search has to wait."""
    with SilentHost(*SilentHost.USUAL_PORTS) as host, ThreadPoolExecutor(1) as pool:
        first = pool.submit(lab.owner.search, lab.stack.doors[0], host.address, frozenset({DONE}))
        host.wait_for_connections(1)
        lab.owner.search(lab.stack.doors[1], host.address, frozenset({"busy"}))
        yield
        first.result()


@contextmanager
def _written(lab: Lab, content: bytes | None) -> Iterator[None]:
    """This is in the file, and in the end what was there before. Meanwhile nothing is changed, and nothing added."""
    whole, seen, door = _content(lab), _seen(lab), lab.stack.doors[0]
    lab.owner.write(content)
    try:
        lab.owner.rename(door, seen, frozenset({"not_here", "changed"}))
        lab.owner.see(door, frozenset({"not_here"}))
        lab.owner.rename(door, Seen("none", seen.kept), frozenset({"not_here", "changed"}))
        yield
    finally:
        lab.owner.write(whole)


def _wait_for_moment(lab: Lab) -> None:
    seconds, content = next(_moments), lab.owner.content()
    if seconds is not None:
        time.sleep(seconds)
        return
    until = time.monotonic() + KEPT_SECONDS
    while lab.owner.content() == content and time.monotonic() < until:
        time.sleep(0.0005)


def _seen(lab: Lab) -> Seen:
    seen = lab.owner.see(lab.stack.doors[1])
    if seen is None:
        raise AssertionError("the cameras could not be listed")
    return seen


def _content(lab: Lab) -> bytes:
    content = lab.owner.content()
    if content is None:
        raise AssertionError("there is no cameras file")
    return content


def _silent(host: SilentHost) -> dict[str, object]:
    return {"rtsp_url": f"rtsp://{host.address}:{host.port}/never", "open_seconds": OPEN_SECONDS}


_UNNOTICED: Final = Promise(6.0, NOBODY)
_TOLD: Final = Promise(8.0, NOBODY, pages=PAGES - {BROWSER_PAGE}, words=FILE_NOT_IN_FORCE)

FAULTS: Final = (
    Fault(
        "ingest is killed while a camera is changed",
        KIND,
        lambda lab: changed_while(lab, lambda: killed(lab, "ingest")),
        INGEST_BRIEFLY,
        is_momentary=True,
    ),
    Fault(
        "ingest is killed while an address is tried",
        KIND,
        tried_while_ingest_is_killed,
        INGEST_BRIEFLY,
        is_momentary=True,
    ),
    Fault(
        "ingest stands still while a camera is changed",
        KIND,
        lambda lab: changed_while(lab, lambda: stopped(lab, lab.stack.services["ingest"].pids())),
        INGEST_AWAY,
    ),
    Fault("a replica hangs while a camera is changed", KIND, changed_beside_a_replica, STREAM_STILL),
    Fault("the disk of the cameras file is full", KIND, full, _UNNOTICED, overlaps=False),
    Fault("the disk of the cameras file is read-only", KIND, read_only, _UNNOTICED, overlaps=False),
    Fault("an editor saves the cameras file meanwhile", KIND, edited_meanwhile, _UNNOTICED, overlaps=False),
    Fault("an editor leaves the cameras file damaged", KIND, damaged, _TOLD, overlaps=False),
    Fault("the cameras file is deleted", KIND, deleted, _TOLD, overlaps=False),
    Fault("an older cameras file is put back", KIND, put_back, _UNNOTICED, overlaps=False),
    Fault("an address that never answers is tried", KIND, tried_in_vain, _UNNOTICED, TRY_SECONDS, overlaps=False),
    Fault("many addresses are tried at once", KIND, many_tried, _UNNOTICED, TRY_SECONDS, overlaps=False),
    Fault("a search for cameras hangs", KIND, searched_in_vain, _UNNOTICED, SEARCH_SECONDS, overlaps=False),
)
