"""All faults, by what they break."""

from typing import Final

from faults.fault import Fault
from faults.kinds import (
    camera,
    clock,
    computer,
    database,
    disk,
    network,
    odd_cameras,
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
)
"""For CI: quick ones, one of each kind of trouble that ever was."""
ALL: Final[tuple[Fault, ...]] = (
    *processes.FAULTS,
    *network.FAULTS,
    *camera.FAULTS,
    *odd_cameras.FAULTS,
    *disk.FAULTS,
    *database.FAULTS,
    *clock.FAULTS,
    *computer.FAULTS,
    *viewers.FAULTS,
    *replicas.FAULTS,
)
