"""All faults, by what they break."""

from typing import Final

from faults.fault import Fault
from faults.kinds import camera, network, processes, viewers

ALL: Final[tuple[Fault, ...]] = (*processes.FAULTS, *camera.FAULTS, *viewers.FAULTS, *network.FAULTS)
