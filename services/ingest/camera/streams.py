"""A camera's streams: the main one, and the small one if it has one. Owns which of them makes which rendition.

The small stream makes the widths that it is wide enough for. The main stream makes `main`, `capture` and the wider
ones, and stands in for the small one while that gives no pictures. Each is wanted only for what it makes.
"""

import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from services.ingest.camera.camera import Camera
from services.ingest.camera.frame_sink import FrameSink
from services.ingest.camera.state import DELIVERING, ObservedState
from shared.bus.frames import Frame
from shared.bus.status import CameraState

_DOWN: Final = frozenset({
    CameraState.STALLED, CameraState.FROZEN, CameraState.OFFLINE, CameraState.UNAUTHORIZED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Division:
    """Who is to make what is wanted. `by_small` comes from the small stream now."""

    main: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()
    by_small: frozenset[str] = frozenset()


def divide(wanted: frozenset[str], small_width: int | None, *, small_shows: bool, main_helps: bool) -> Division:
    """Divide the wanted renditions. Pure.

    `small_width` is the small stream's width in pixels; None before its first picture. Until then it is asked for every
    width, because nothing else tells how wide it is. `small_shows` says whether it gives pictures now, and `main_helps`
    whether the main stream stands in while it does not.
    """
    fitting = frozenset(name for name in wanted if name.isdecimal() and (not small_width or int(name) <= small_width))
    by_small = fitting if small_shows else frozenset()
    waits_for_small = not small_shows and not main_helps
    return Division(wanted - (fitting if waits_for_small else by_small), fitting, by_small)


class CameraStreams:
    """Both streams of one camera. Each `run_…` belongs to one thread; any thread may call the rest.

    Without a small stream it passes everything on to the main one.
    """

    def __init__(self, main: Camera, small: Camera | None = None) -> None:
        self.key = main.key
        self.main = main
        self.small = small
        self._wanted: frozenset[str] = frozenset()
        self._division = Division()
        self._sequences: Counter[str] = Counter()
        self._lock = threading.RLock()

    @property
    def observed(self) -> ObservedState:
        """The main stream's state, which is live also while only the small one is watched."""
        observed = self.main.observed
        if self.small is not None and observed.state is CameraState.IDLE and self._division.by_small:
            return replace(observed, state=CameraState.LIVE)
        return observed

    @property
    def small_failure(self) -> str | None:
        """Why the small stream gives no pictures though they are wanted, in words for the user."""
        if self.small is None or not self._division.small or self.small.observed.state not in _DOWN:
            return None
        return self.small.observed.last_error

    def want(self, renditions: frozenset[str]) -> None:
        """Set which renditions have subscribers."""
        self._wanted = renditions
        self._divide()

    def busy_seconds(self) -> float:
        """As a camera's, of the stream that is busy for longer."""
        small_seconds = 0.0 if self.small is None else self.small.busy_seconds()
        return max(self.main.busy_seconds(), small_seconds)

    def run_main(self, stop: threading.Event, sink: FrameSink) -> None:
        self.main.run(stop, sink if self.small is None else _StreamSink(self, sink, is_small=False))

    def run_small(self, stop: threading.Event, sink: FrameSink) -> None:
        if self.small is not None:
            self.small.run(stop, _StreamSink(self, sink, is_small=True))

    def pass_on(self, frame: Frame, sink: FrameSink, *, is_small: bool) -> None:
        """Publish a frame if its stream is the one to make it, with the next number of its rendition.

        While the main stream does not deliver, the status says that there is no picture, so there must be none.
        """
        with self._lock:
            if (frame.rendition in self._division.by_small) is not is_small:
                return
            if is_small and self.main.observed.state not in DELIVERING:
                return
            self._sequences[frame.rendition] += 1
            sink.publish(frame._replace(sequence=self._sequences[frame.rendition]))

    def stream_changed(self, sink: FrameSink) -> None:
        """A stream's state has changed, and so may what it makes."""
        self._divide()
        sink.state_changed()

    def _divide(self) -> None:
        if self.small is None:
            self.main.want(self._wanted)
            return
        with self._lock:
            observed = self.small.observed
            self._division = divide(
                self._wanted,
                observed.width,
                small_shows=self.small.shows_pictures and observed.state in DELIVERING,
                # A main stream that is let go is not woken while the small one may still come.
                main_helps=observed.state in _DOWN or self.main.is_connected,
            )
            self.main.want(self._division.main)
            self.small.want(self._division.small)


class _StreamSink:
    """What one stream delivers to."""

    def __init__(self, streams: CameraStreams, sink: FrameSink, *, is_small: bool) -> None:
        self._streams = streams
        self._sink = sink
        self._is_small = is_small

    def publish(self, frame: Frame) -> None:
        self._streams.pass_on(frame, self._sink, is_small=self._is_small)

    def state_changed(self) -> None:
        self._streams.stream_changed(self._sink)
