"""Every healthy viewer gets nine of ten frames, except while a fault concerns it."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from faults.audience import EVERYBODY
from faults.facts import Painted
from faults.promises.breach import Breach
from faults.record import Record

STREAMED: Final = frozenset(viewer for viewer in EVERYBODY if not viewer.startswith("snapshot"))
SHARE: Final = 0.9
SHORTEST_SECONDS: Final = 4.0
"""The share of a shorter stretch says little."""
MARGIN_SECONDS: Final = 1.0
"""What is left out at both ends of a stretch: pictures under way."""
LATE_SHARE: Final = 0.02
"""A stretch in which the lab or a service ran late for longer than this share of it is not judged: CPU was missing."""


class FramesDelivered:
    """Compares the distinct pictures that a viewer got with those that the camera painted in the same stretch."""

    name = "healthy viewers get 90 % of the frames"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for viewer in STREAMED & {sight.viewer for sight in record.sights}:
            sights = [sight for sight in record.sights if sight.viewer == viewer]
            times = sorted({sight.taken_at for sight in sights if sight.live and sight.taken_at is not None})
            for begin, end in quiet_stretches(record, viewer, sights[0].at):
                painted = painted_within(record.painted, sights[0].camera, begin, end)
                got = bisect_left(times, end) - bisect_left(times, begin)
                if painted is not None and got < SHARE * painted - 1:
                    words = f"{viewer} got {got} of {painted:.0f} frames in {end - begin:.1f} s without a fault"
                    yield Breach(self.name, viewer, end, words)


def quiet_stretches(record: Record, viewer: str, since: float) -> Iterator[tuple[float, float]]:
    """The stretches in which no fault concerned the viewer and nothing ran late, without their margins."""
    begin = since
    edges = sorted((window.began, window.recovered) for window in record.windows_of(viewer))
    for began, recovered in [*edges, (record.until, record.until)]:
        inner = begin + MARGIN_SECONDS, began - MARGIN_SECONDS
        seconds = inner[1] - inner[0]
        if seconds >= SHORTEST_SECONDS and record.late_seconds(*inner) <= LATE_SHARE * seconds:
            yield inner
        begin = max(begin, recovered)


def painted_within(painted: list[Painted], camera: str, begin: float, end: float) -> float | None:
    """How many pictures the camera painted meanwhile; None where it was started anew or not heard."""
    counts = [(fact.at, fact.count) for fact in painted if fact.camera == camera]
    first, last = _count_at(counts, begin), _count_at(counts, end)
    return None if first is None or last is None or last < first else last - first


def _count_at(counts: list[tuple[float, int]], at: float) -> float | None:
    """Between two reports the camera painted at an even pace."""
    index = bisect_left(counts, (at, 0))
    if index in (0, len(counts)):
        return None
    (before, low), (after, high) = counts[index - 1], counts[index]
    if after - before > 3.0 or high < low:
        return None
    return low + (high - low) * (at - before) / (after - before)
