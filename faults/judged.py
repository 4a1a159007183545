"""How much of a campaign was judged for lost frames. A campaign that judges next to nothing proves nothing. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

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

    @property
    def share(self) -> float:
        return self.judged / self.whole if self.whole else 0.0


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
