"""Slots are neither lost nor doubled, and each gap has the true reason."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from faults.facts import SlotRow
from faults.promises.breach import Breach
from faults.record import Record

FRESH_SECONDS: Final = 4.0
"""A fault spoils the slot that it ends in, and one that begins just after: a picture must be fresh and whole."""


class SlotsAccounted:
    """Judges the slots that the archive calls settled."""

    name = "slots are neither lost nor doubled, and gaps tell the truth"

    def breaches(self, record: Record) -> Iterator[Breach]:
        ordered = sorted(record.slots, key=lambda slot: (slot.camera, slot.start))
        for slot in ordered:
            yield from self._slot(record, slot)
        for camera, slots in groupby(ordered, key=lambda slot: slot.camera):
            for before, after in pairwise(slots):
                if after.start - before.end >= 1:
                    words = f"{camera}: nothing is known of the time from {before.end:.0f} to {after.start:.0f}"
                    yield self._breach(camera, after.start, words)

    def _slot(self, record: Record, slot: SlotRow) -> Iterator[Breach]:
        what = f"the slot {slot.start:.0f} of {slot.camera}"
        if slot.frames + len(slot.reasons) == 0:
            yield self._breach(slot.camera, slot.start, f"{what} is lost: it has neither a frame nor a gap")
        elif slot.frames + len(slot.reasons) > 1:
            words = f"{what} is doubled: {slot.frames} frames and {len(slot.reasons)} gaps"
            yield self._breach(slot.camera, slot.start, words)
        elif slot.reasons:
            reason = slot.reasons[0]
            true = true_reasons(record, slot)
            if reason not in true:
                instead = " or ".join(sorted(true)) or "a frame: nothing was wrong"
                yield self._breach(slot.camera, slot.start, f"{what} has the reason '{reason}', not {instead}")

    def _breach(self, camera: str, at: float, words: str) -> Breach:
        return Breach(self.name, camera, at, words)


def true_reasons(record: Record, slot: SlotRow) -> set[str]:
    """What was wrong around the slot."""
    found: set[str] = set()
    for window in record.windows:
        slack = FRESH_SECONDS + (slot.end - slot.start) + record.late_seconds(window.began, slot.end)
        if window.began - slack <= slot.end and slot.start <= window.recovered + slack:
            found |= window.promise.reasons
    if record.late_seconds(slot.start, slot.end) > (slot.end - slot.start) / 2:
        found.add("no fresh picture")  # the machine had no time for it
    return found
