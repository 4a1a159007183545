"""All faults, by what they break."""

from typing import Final

from faults.fault import Fault
from faults.kinds import (
    access,
    camera,
    cameras,
    clock,
    computer,
    database,
    disk,
    network,
    object_store,
    odd_cameras,
    postgresql,
    processes,
    replicas,
    viewers,
)

SHORT: Final = (
    "a camera falls mute",
    "a replica stands still",
    "the archiver is killed",
    "the disk is unmounted",
    "viewers vanish",
    "the bus is cut",
    "a camera is gone",
    "ingest is killed while a token is ended",
    "ingest is killed while a camera is changed",
)
"""For CI: quick ones, one of each kind of trouble that ever was."""
_EVERYWHERE: Final[tuple[Fault, ...]] = (
    *processes.FAULTS,
    *network.FAULTS,
    *camera.FAULTS,
    *odd_cameras.FAULTS,
    *clock.FAULTS,
    *computer.FAULTS,
    *viewers.FAULTS,
    *replicas.FAULTS,
    *access.FAULTS,
    *cameras.FAULTS,
)
_OF_DATABASE: Final = {"sqlite": database.FAULTS, "postgresql": postgresql.FAULTS}
_OF_STORE: Final[dict[str, tuple[Fault, ...]]] = {"disk": disk.FAULTS, "no-links": (), "s3": object_store.FAULTS}


def faults_of(database: str, store: str) -> tuple[Fault, ...]:
    """All that an archive at such a place can meet. See `faults/place.py`."""
    return (*_EVERYWHERE, *_OF_STORE[store], *_OF_DATABASE[database])


ALL: Final = faults_of("sqlite", "disk")
