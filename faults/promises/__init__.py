"""What Framecast promises, each as a pure class that finds the breaches in a record of facts."""

from typing import Final

from faults.promises.access import AccessHolds
from faults.promises.baseline import BackAtBaseline
from faults.promises.breach import Breach, PromiseKept
from faults.promises.cameras import CamerasInForce, CamerasKept, OthersUntouched
from faults.promises.cameras_door import DoorAnswers
from faults.promises.delivery import FramesDelivered
from faults.promises.freshness import LiveIsFresh
from faults.promises.keeping import NothingDeleted
from faults.promises.one_session import OneSession
from faults.promises.secrecy import NoSecretShown
from faults.promises.showing import PageShowsPicture
from faults.promises.slots import SlotsAccounted
from faults.promises.telling import TroubleTold

PROMISES: Final[tuple[PromiseKept, ...]] = (
    OneSession(),
    LiveIsFresh(),
    FramesDelivered(),
    PageShowsPicture(),
    SlotsAccounted(),
    NothingDeleted(),
    NoSecretShown(),
    TroubleTold(),
    BackAtBaseline(),
    AccessHolds(),
    CamerasKept(),
    CamerasInForce(),
    OthersUntouched(),
    DoorAnswers(),
)

__all__ = ["PROMISES", "Breach", "PromiseKept"]
