"""How a camera is treated."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPolicy:
    """How a camera is treated.

    `stall_seconds` without a clean picture are a stall. `frozen_seconds` of an unchanging picture are a freeze; None
    turns that off. `disconnects_when_idle` closes the connection while nobody subscribes. `connects_on_demand` does not
    even open it before somebody does. `open_seconds` is how long a source may take to open, and
    `capture_interval_seconds` how often a picture is archived: at its multiples, in UTC.
    """

    stall_seconds: float = 5.0
    open_seconds: float = 15.0
    capture_interval_seconds: int = 3600
    frozen_seconds: float | None = None
    disconnects_when_idle: bool = False
    connects_on_demand: bool = False


USUAL_POLICY: Final = CameraPolicy()
