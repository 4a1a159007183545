"""How much of a campaign was judged, and what was not. A campaign that judges next to nothing proves nothing. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from faults.audience import CAMERAS
from faults.facts import ArchivedPicture, Sight, SlotRow
from faults.promises.breach import Breach

LEAST_SHARE: Final = 0.05
"""Of all seconds of streams. Faults leave more than half, as plans go. With ten times the work that a machine has
cores for, 6 to 9 % were left."""
NAME: Final = "enough of the campaign is judged"


@dataclass(slots=True)
class Judged:
    """Seconds of streams, summed up over all their viewers: judged for lost frames, disturbed by faults that concern
    them, and in all. In the rest the machine was too busy.
    """

    judged: float = 0.0
    disturbed: float = 0.0
    whole: float = 0.0
    pictures: int = 0
    """Live ones whose age is known, by the clock in them."""
    without_clock: int = 0
    """Live ones without a clock that can be read, as odd cameras send them. Nobody knows their age."""

    @property
    def share(self) -> float:
        return self.judged / self.whole if self.whole else 0.0

    def add(self, sights: Iterable[Sight]) -> None:
        """Count the live pictures among them."""
        for sight in sights:
            self.pictures += sight.live and sight.taken_at is not None
            self.without_clock += sight.live and sight.taken_at is None


@dataclass(slots=True)
class JudgedArchive:
    """What was judged of the archive from `since` to its last look, `until`: slots, and pictures by their clocks."""

    interval_seconds: int
    since: float = 0.0
    until: float = 0.0
    slots: set[tuple[str, float]] = field(default_factory=set)
    """Camera and start."""
    pictures: int = 0
    without_clock: int = 0
    unread: int = 0
    """Pictures of rows whose files could not be read at the last look."""

    def add(self, slots: Iterable[SlotRow], pictures: Iterable[ArchivedPicture]) -> None:
        self.slots |= {(slot.camera, slot.start) for slot in slots}
        for picture in pictures:
            self.pictures += picture.taken_at is not None
            self.without_clock += picture.taken_at is None

    def left(self) -> list[tuple[str, float]]:
        """The slots that began and ended in this time and were not judged, of all cameras, oldest first."""
        interval = self.interval_seconds
        first = int(self.since) // interval * interval + interval
        starts = range(first, int(self.until) - interval + 1, interval)
        return [(camera, start) for start in starts for camera in sorted(CAMERAS) if (camera, start) not in self.slots]


def enough(streams: Judged, at: float) -> Iterator[Breach]:
    """A breach when too little was judged."""
    if streams.share < LEAST_SHARE:
        busy = streams.whole - streams.disturbed - streams.judged
        words = (
            f"of {streams.whole:.0f} s of streams {streams.judged:.0f} s were judged for lost frames, less than"
            f" {LEAST_SHARE:.0%}: for {streams.disturbed:.0f} s faults concerned them, for {busy:.0f} s the machine"
            " was too busy"
        )
        yield Breach(NAME, "streams", at, words)


def is_read(why_unread: str | None, at: float) -> Iterator[Breach]:
    """A breach when the archive could not be read at the end: its slots and pictures are not judged then."""
    if why_unread is not None:
        yield Breach(NAME, "archive", at, f"the archive could not be read at the end: {why_unread}")


def escaped(archive: JudgedArchive, seconds: float) -> Iterator[Breach]:
    """A breach for each camera with slots that nobody judged, though they ended more than `seconds` before the end."""
    old = [each for each in archive.left() if each[1] + archive.interval_seconds < archive.until - seconds]
    for camera in sorted({camera for camera, _ in old}):
        starts = [start for key, start in old if key == camera]
        words = f"{len(starts)} slots of {camera} were judged by nobody, the first from {starts[0]:.0f} on"
        yield Breach(NAME, f"slots of {camera}", starts[0], words)
    if archive.unread:
        yield Breach(
            NAME, "pictures", archive.until, f"{archive.unread} archived pictures could not be read at the end"
        )
