"""Every healthy viewer gets nine of ten frames, except while a fault concerns it."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from faults.audience import EVERYBODY, camera_of, parts_behind
from faults.facts import Painted
from faults.promises.breach import Breach
from faults.record import Record

STREAMED: Final = frozenset(viewer for viewer in EVERYBODY if not viewer.startswith(("snapshot", "browser")))
SHARE: Final = 0.9
SHORTEST_SECONDS: Final = 2.0
"""Of each stretch one frame may be missing: its ends are not sharp."""
FEWEST_SECONDS: Final = 4.0
"""The share of less, over all stretches since the last round's end, says little."""
MARGIN_SECONDS: Final = 1.0
"""What is left out beside a fault, and of the present: pictures under way."""
LATE_SECONDS: Final = 0.15
"""A viewer is not judged around a moment at which a part behind its pictures ran later than this: CPU was missing."""
LATE_SPAN_SECONDS: Final = 1.1
"""How long before the note the lateness may have been: services are looked at once a second."""
LATE_MARGIN_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch without a fault for the viewer and without lateness. `painted` counts the camera's pictures in it."""

    begin: float
    end: float
    painted: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


class FramesDelivered:
    """Compares the distinct pictures that a viewer got with those that the camera painted in the same stretches."""

    name = "healthy viewers get 90 % of the frames"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for viewer in sorted(STREAMED):
            stretches = judged_stretches(record, viewer)
            if not stretches:
                continue
            sights = [sight for sight in record.sights if sight.viewer == viewer]
            times = sorted({sight.taken_at for sight in sights if sight.live and sight.taken_at is not None})
            got = sum(bisect_left(times, each.end) - bisect_left(times, each.begin) for each in stretches)
            painted = sum(each.painted for each in stretches)
            if got < SHARE * painted - len(stretches):
                seconds = sum(each.seconds for each in stretches)
                words = f"{viewer} got {got} of {painted:.0f} frames in {seconds:.1f} s without a fault"
                yield Breach(self.name, viewer, stretches[-1].end, words)


def judged_stretches(record: Record, viewer: str) -> list[Stretch]:
    """Those since the record's begin that are long enough, without their margins; none where all of them are short."""
    found = list(_stretches(record, viewer))
    return found if sum(each.seconds for each in found) >= FEWEST_SECONDS else []


def _stretches(record: Record, viewer: str) -> Iterator[Stretch]:
    camera = camera_of(viewer)
    until = record.until - MARGIN_SECONDS
    for begin, end in free_stretches([*_disturbed(record, viewer), *_late(record, viewer)], record.since, until):
        painted = painted_within(record.painted, camera, begin, end) if end - begin >= SHORTEST_SECONDS else None
        if painted is not None:
            yield Stretch(begin, end, painted)


def disturbed_seconds(record: Record, viewer: str) -> float:
    """How long faults concerned the viewer, since the record's begin."""
    free = sum(end - begin for begin, end in free_stretches(_disturbed(record, viewer), record.since, record.until))
    return record.until - record.since - free


def free_stretches(taken: list[tuple[float, float]], since: float, until: float) -> Iterator[tuple[float, float]]:
    """What of the time none of these covers. They may overlap, and none may begin later than it ends."""
    begin = since
    for taken_from, taken_until in [*sorted(taken), (until, until)]:
        end = min(taken_from, until)
        if end > begin:
            yield begin, end
        begin = max(begin, taken_until)


def painted_within(painted: list[Painted], camera: str, begin: float, end: float) -> float | None:
    """How many pictures the camera painted meanwhile; None where it was started anew or not heard."""
    counts = [(fact.at, fact.count) for fact in painted if fact.camera == camera]
    first, last = _count_at(counts, begin), _count_at(counts, end)
    return None if first is None or last is None or last < first else last - first


def _disturbed(record: Record, viewer: str) -> list[tuple[float, float]]:
    """When faults concerned the viewer, with the margins."""
    return [
        (begin - MARGIN_SECONDS, end + MARGIN_SECONDS)
        for window in record.windows
        for begin, end in window.disturbs(viewer)
    ]


def _late(record: Record, viewer: str) -> list[tuple[float, float]]:
    parts = parts_behind(viewer)
    return [
        (late.at - max(late.seconds, LATE_SPAN_SECONDS) - LATE_MARGIN_SECONDS, late.at + LATE_MARGIN_SECONDS)
        for late in record.lateness
        if late.seconds > LATE_SECONDS and late.part in parts
    ]


def _count_at(counts: list[tuple[float, int]], at: float) -> float | None:
    """Between two reports the camera painted at an even pace."""
    index = bisect_left(counts, (at, 0))
    if index in (0, len(counts)):
        return None
    (before, low), (after, high) = counts[index - 1], counts[index]
    if after - before > 3.0 or high < low:
        return None
    return low + (high - low) * (at - before) / (after - before)
