"""What this replica knows of the cameras, from their statuses alone. Pure: no sockets, no tasks.

A camera that was known once stays known: when its ingest falls silent, its viewers get a picture that says so. All
times are the loop's (`LoopClock`): while this replica stands still, nobody grows silent.
"""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import Final

from services.stream.base import texts
from services.stream.base.errors import UnknownCameraError, WidthNotOfferedError
from shared.bus.frames import scaled_height
from shared.bus.status import MAX_CAMERAS, CameraState, CameraStatus
from shared.bus.topics import MAIN
from shared.errors import MessageDecodeError
from shared.remote_clock import RemoteClock

SILENT_AFTER_SECONDS: Final = 2.0
"""Statuses come every second. A camera without one for this long has lost its ingest."""
CLOCK_OFF_SECONDS: Final = 5.0
"""When the clock of ingest's host is further off than this, people are told: pictures are dated and archived by it."""
SETTLING_SECONDS: Final = 2.0
"""After the first status, those of all other cameras arrive within this time. Only then is a missing key unknown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no live picture, in words: a headline, what to do about it, and since when (epoch ns)."""

    headline: str
    advice: str = ""
    since_ns: int | None = None
    guests_advice: str | None = None
    """In place of `advice` for the holder of a share link, who has no business with settings; None for the same."""

    def for_guests(self) -> "Problem":
        """What the holder of a share link is told of it."""
        return self if self.guests_advice is None else Problem(self.headline, self.guests_advice, self.since_ns)


WAITING: Final = Problem(texts.WAITING_FOR_CAMERA, texts.WAITING_FOR_CAMERA_ADVICE)
NO_PICTURE_YET: Final = Problem(texts.WAITING_FOR_PICTURE, texts.WAITING_FOR_PICTURE_ADVICE)
TOO_OLD: Final = Problem(texts.TOO_OLD, texts.TOO_OLD_ADVICE)
"""One request's, while the camera is in order: others may be content with the same picture."""


@dataclass(frozen=True, slots=True)
class KnownCamera:
    """A camera's newest status, when it arrived (the loop's time), and the clock of its ingest's host."""

    status: CameraStatus
    heard_at: float
    clock: RemoteClock = field(default_factory=RemoteClock)
    last_size: tuple[int, int] | None = None
    """Width and height in pixels of its last pictures, as far as anybody knows: its ingest may have started anew."""

    def is_silent(self, now: float) -> bool:
        return now >= self.silent_from

    @property
    def silent_from(self) -> float:
        """When its ingest counts as lost if no further status arrives (the loop's time)."""
        return self.heard_at + SILENT_AFTER_SECONDS

    def state(self, now: float) -> str:
        """The camera's state in a word; `unknown` while ingest is silent."""
        return "unknown" if self.is_silent(now) else self.status.state.value

    def is_streaming(self, now: float) -> bool:
        return not self.is_silent(now) and self.status.is_streaming

    def size(self, rendition: str) -> tuple[int, int] | None:
        """Width and height of a rendition in pixels; None until the camera's own size is known."""
        if self.last_size is None:
            return None
        width, height = self.last_size
        if rendition == MAIN or int(rendition) >= width:
            return width, height
        return int(rendition), scaled_height(width, height, int(rendition))

    def check_width(self, width: int | None) -> None:
        """Accept only a width that ingest offers, so that no request can make ingest encode at will.

        Raises:
            WidthNotOfferedError: naming the widths that are offered.
        """
        if width is not None and width not in self.status.widths:
            raise WidthNotOfferedError(width, self.status.widths)

    def width_for(self, width: int | None, height: int | None) -> int | None:
        """The narrowest of the offered widths at which a picture has at least `width` and `height`; None is its own."""
        own_width, own_height = self.status.width, self.status.height
        if own_width is None or own_height is None or (width is None and height is None):
            return None
        least = max(width or 0, -(-(height or 0) * own_width // own_height))
        return min((offered for offered in self.status.widths if least <= offered < own_width), default=None)

    def ladder(self, width: int | None) -> list[str]:
        """The renditions that are at most `width` wide, widest first; None is the camera's own size.

        There is always one. A camera narrower than `width` serves its own size. Where every rendition is wider, the
        narrowest serves: the request may have come before the offered widths were known.
        """
        own_width = self.status.width or float("inf")
        smaller = [offered for offered in sorted(self.status.widths, reverse=True) if offered < own_width]
        if width is None or width >= own_width:
            return [MAIN, *map(str, smaller)]
        narrow_enough = [offered for offered in smaller if offered <= width] or smaller[-1:]
        return [str(offered) for offered in narrow_enough] or [MAIN]

    def complaints(self, now: float) -> list[str]:
        """Everything that is wrong with it, in words."""
        problem = self.problem(now)
        ahead_seconds = self.clock.ahead_seconds or 0.0
        words = [] if problem is None else [". ".join(filter(None, (problem.headline, problem.advice)))]
        if abs(ahead_seconds) > CLOCK_OFF_SECONDS:
            words.append(texts.clock_is_off(ahead_seconds))
        return [*words, *self.status.notices]

    def problem(self, now: float) -> Problem | None:
        """Why there is no live picture; None while there is one, or one can be had."""
        status = self.status
        if self.is_silent(now) and status.state is not CameraState.REMOVED:
            return Problem(texts.INGEST_UNREACHABLE, texts.INGEST_UNREACHABLE_ADVICE, status.sent_at_ns)
        if status.is_streaming:
            return None
        is_off = status.state is CameraState.DISABLED
        advice = texts.SWITCH_ON_ADVICE if is_off else status.last_error or ""
        # A camera's error says which setting to look at, and may repeat what the camera said.
        guests_advice = texts.GUESTS_ADVICE.get(status.state.value, "") if advice else None
        return Problem(texts.PROBLEM_HEADLINES[status.state.value], advice, status.since_ns, guests_advice)


class Cameras:
    """All cameras of which a status has arrived, up to `MAX_CAMERAS`."""

    def __init__(self) -> None:
        self._known: dict[str, KnownCamera] = {}
        self._first_heard_at: float | None = None

    def hear(self, status: CameraStatus, now: float) -> bool:
        """Take in a status; whether it changes what viewers are to see.

        Raises:
            MessageDecodeError: when it is of one camera too many.
        """
        if self._first_heard_at is None:
            self._first_heard_at = now
        before = self._known.get(status.camera)
        if before is None and len(self._known) >= MAX_CAMERAS:
            raise MessageDecodeError(f"a status of more than {MAX_CAMERAS} cameras")
        clock = RemoteClock() if before is None else before.clock
        clock.observe(status.sent_at_ns)
        last_size = None if before is None else before.last_size
        if status.width is not None and status.height is not None:
            last_size = status.width, status.height
        self._known[status.camera] = KnownCamera(status, now, clock, last_size)
        if before is None or before.is_silent(now):
            return True
        return (before.status.state, before.status.last_error) != (status.state, status.last_error)

    def forget_unnamed(self, named: Container[str], now: float) -> bool:
        """Take silent cameras that no ingest names any more for removed; whether there was one.

        A silent camera that is named stays: its process may hang.
        """
        gone = [
            camera
            for key, camera in self._known.items()
            if key not in named and camera.is_silent(now) and camera.status.state is not CameraState.REMOVED
        ]
        for camera in gone:
            removed = {"state": CameraState.REMOVED, "since_ns": camera.status.sent_at_ns, "last_error": None}
            status = camera.status.model_copy(update=removed)
            self._known[status.camera] = replace(camera, status=status)
        return bool(gone)

    def remember_size(self, key: str, size: tuple[int, int]) -> None:
        """The size that a camera had, told by somebody else than its ingest. Whatever is known already stays."""
        camera = self._known.get(key)
        if camera is not None and camera.last_size is None:
            self._known[key] = replace(camera, last_size=size)

    def get(self, key: str) -> KnownCamera | None:
        """The camera, even if it was removed: its viewers are told so."""
        return self._known.get(key)

    def find(self, key: str, now: float) -> KnownCamera:
        """The camera.

        Raises:
            UnknownCameraError: no status of it has arrived, or it was removed.
        """
        camera = self._known.get(key)
        if camera is None or camera.status.state is CameraState.REMOVED:
            raise UnknownCameraError(key, is_final=self.have_settled(now))
        return camera

    def default_key(self) -> str | None:
        """The camera that a request without a key means; None before its status has arrived."""
        return next((camera.status.camera for camera in self.in_order() if camera.status.is_default), None)

    def in_order(self) -> list[KnownCamera]:
        present = [camera for camera in self._known.values() if camera.status.state is not CameraState.REMOVED]
        return sorted(present, key=lambda camera: (camera.status.order, camera.status.camera))

    def keys_in_order(self) -> list[str]:
        """The cameras' keys: the default one first, the others in their order."""
        return [camera.status.camera for camera in sorted(self.in_order(), key=lambda each: not each.status.is_default)]

    def have_settled(self, now: float) -> bool:
        """Whether a key without a status can be called unknown."""
        return self._first_heard_at is not None and now - self._first_heard_at >= SETTLING_SECONDS
