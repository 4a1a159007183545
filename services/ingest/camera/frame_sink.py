"""Where a camera's frames go."""

from typing import Protocol

from shared.bus.frames import Frame


class FrameSink(Protocol):
    """Takes a camera's frames and changes of state. Called by the camera's thread only; must not block."""

    def publish(self, frame: Frame) -> None: ...

    def state_changed(self) -> None: ...
