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
