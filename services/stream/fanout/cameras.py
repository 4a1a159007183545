"""What this replica knows of the cameras, from their statuses alone. Pure: no sockets, no tasks.

A camera once heard of stays known: when its ingest falls silent, its viewers keep a picture that says so.
"""

from dataclasses import dataclass, field
from typing import Final

from services.stream.fanout.placeholder_image import Problem
from shared.bus.frames import scaled_height
from shared.bus.status import CameraState, CameraStatus
from shared.bus.topics import MAIN
from shared.remote_clock import RemoteClock

SILENT_AFTER_SECONDS: Final = 2.0
"""Statuses come every second; a camera without one for so long has lost its ingest."""
CLOCK_OFF_SECONDS: Final = 5.0
"""A clock of ingest's host that is further off is worth a word: the times shown and archived are by it."""
SETTLING_SECONDS: Final = 2.0
"""After the first status the others' have come within this time; only then is a key known to be unknown."""

WAITING: Final = Problem("Waiting for the camera", "Framecast has just started, or its ingest service is not running.")
NO_PICTURE_YET: Final = Problem("Waiting for a picture", "The camera is on, and sends pictures seldom.")
_HEADLINES: Final = {
    CameraState.CONNECTING: "Connecting to the camera",
    CameraState.STALLED: "No pictures from the camera",
    CameraState.OFFLINE: "The camera is offline",
    CameraState.UNAUTHORIZED: "The camera refused the login",
    CameraState.FROZEN: "The camera's picture is frozen",
    CameraState.DISABLED: "The camera is switched off",
    CameraState.REMOVED: "The camera was removed",
}


class UnknownCameraError(Exception):
    """Raised when nothing has been heard of a camera. `is_final` is false while it may yet be heard of."""

    def __init__(self, key: str, *, is_final: bool) -> None:
        self.is_final = is_final
        super().__init__(
            f"There is no camera '{key}'. GET /api/devices lists them."
            if is_final
            else "The cameras are not known yet. Try again in a second."
        )


class WidthNotOfferedError(Exception):
    """Raised when a width is asked for that ingest does not encode; the message names those it does."""


@dataclass(frozen=True, slots=True)
class KnownCamera:
    """A camera's newest status, when it was heard (monotonic seconds), and the clock of its ingest's host."""

    status: CameraStatus
    heard_at: float
    clock: RemoteClock = field(default_factory=RemoteClock)

    def is_silent(self, now: float) -> bool:
        return now >= self.silent_from

    @property
    def silent_from(self) -> float:
        """When its ingest counts as lost, should nothing more be heard (monotonic seconds)."""
        return self.heard_at + SILENT_AFTER_SECONDS

    def state(self, now: float) -> str:
        """The camera's state in a word; `unknown` while ingest is silent."""
        return "unknown" if self.is_silent(now) else self.status.state.value

    def is_streaming(self, now: float) -> bool:
        return not self.is_silent(now) and self.status.is_streaming

    def size(self, rendition: str) -> tuple[int, int] | None:
        """Width and height in pixels at a rendition, once the camera's own are known."""
        width, height = self.status.width, self.status.height
        if width is None or height is None:
            return None
        if rendition == MAIN or int(rendition) >= width:
            return width, height
        return int(rendition), scaled_height(width, height, int(rendition))

    def check_width(self, width: int | None) -> None:
        """Refuse a width that is not offered, so that nobody can make ingest encode at will."""
        if width is not None and width not in self.status.widths:
            offered = ", ".join(map(str, self.status.widths)) or "none"
            raise WidthNotOfferedError(f"'width' is {width} but must be one of those offered: {offered}.")

    def ladder(self, width: int | None) -> list[str]:
        """The renditions that are at most `width` wide, widest first; None is the camera's own size.

        There is always one: a camera narrower than asked serves its own size, and where none is as narrow as asked
        the narrowest stands in (a viewer may have asked before it was known what is offered).
        """
        own_width = self.status.width or float("inf")
        smaller = [offered for offered in sorted(self.status.widths, reverse=True) if offered < own_width]
        if width is None or width >= own_width:
            return [MAIN, *map(str, smaller)]
        narrow_enough = [offered for offered in smaller if offered <= width] or smaller[-1:]
        return [str(offered) for offered in narrow_enough] or [MAIN]

    def troubles(self, now: float) -> list[str]:
        """All that is wrong with it, in words."""
        problem = self.problem(now)
        ahead_seconds = self.clock.ahead_seconds or 0.0
        words = [] if problem is None else [problem.headline]
        if abs(ahead_seconds) > CLOCK_OFF_SECONDS:
            way = "ahead of" if ahead_seconds > 0 else "behind"
            words.append(f"The clock of ingest's host is {abs(ahead_seconds):.0f} s {way} this one's: set both by NTP")
        return [*words, *self.status.notices]

    def problem(self, now: float) -> Problem | None:
        """Why there is no live picture to be had; None while there is."""
        status = self.status
        if self.is_silent(now):
            return Problem("Ingest is unreachable", "Nothing is heard of the ingest service.", status.sent_at_ns)
        if status.is_streaming:
            return None
        advice = status.last_error or ""
        if status.state is CameraState.DISABLED:
            advice = "Set CAMERA_ENABLED=true to switch it on."
        return Problem(_HEADLINES[status.state], advice, status.since_ns)


class Cameras:
    """All cameras heard of."""

    def __init__(self) -> None:
        self._known: dict[str, KnownCamera] = {}
        self._first_heard_at: float | None = None

    def hear(self, status: CameraStatus, now: float) -> bool:
        """Take a status in; whether it changes what viewers are to see."""
        if self._first_heard_at is None:
            self._first_heard_at = now
        before = self._known.get(status.camera)
        clock = RemoteClock() if before is None else before.clock
        clock.observe(status.sent_at_ns)
        self._known[status.camera] = KnownCamera(status, now, clock)
        if before is None or before.is_silent(now):
            return True
        return (before.status.state, before.status.last_error) != (status.state, status.last_error)

    def get(self, key: str) -> KnownCamera | None:
        """The camera, also one that was removed: who still watches it is told so."""
        return self._known.get(key)

    def find(self, key: str, now: float) -> KnownCamera:
        """The camera, or an UnknownCameraError."""
        camera = self._known.get(key)
        if camera is None or camera.status.state is CameraState.REMOVED:
            raise UnknownCameraError(key, is_final=self.have_settled(now))
        return camera

    def default_key(self) -> str | None:
        """The camera that a request without a key means; None before it is heard of."""
        return next((camera.status.camera for camera in self.in_order() if camera.status.is_default), None)

    def in_order(self) -> list[KnownCamera]:
        present = [camera for camera in self._known.values() if camera.status.state is not CameraState.REMOVED]
        return sorted(present, key=lambda camera: (camera.status.order, camera.status.camera))

    def have_settled(self, now: float) -> bool:
        """Whether a key not heard of can be called unknown."""
        return self._first_heard_at is not None and now - self._first_heard_at >= SETTLING_SECONDS
