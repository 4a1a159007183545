"""Slots are neither lost nor doubled, and each gap has the true reason."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from faults.audience import OBJECT_STORE, camera_part, parts_behind_archive
from faults.facts import SlotRow
from faults.promises.breach import Breach
from faults.record import Record
from faults.window import Window

STORED_SECONDS: Final = 0.5
"""A fault spoils the slot that ended just before, too: its picture may not have been stored yet."""
STALL_SECONDS: Final = 2.0
"""A camera that sends nothing for so long is stalled."""
LONGEST_LATE: Final = 3
"""However late the machine is, a promised recovery is extended to this multiple more at most."""


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
    """What was wrong in the slot, by the faults that were on then or had not recovered yet, as promised."""
    parts = parts_behind_archive(slot.camera)
    late = record.late_seconds(slot.start, slot.end + STORED_SECONDS, parts)
    slack = STORED_SECONDS + min(late, slot.end - slot.start)
    found: set[str] = set()
    for window in record.windows:
        spans = window.spans(excused_until(record, window)) if slot.camera in window.promise.cameras else []
        if any(begin <= slot.end + slack and slot.start <= end for begin, end in spans):
            found |= window.promise.reasons
    if late > (slot.end - slot.start) / 2:
        found.add("no fresh picture")  # the machine had no time for it
    if record.late_seconds(slot.start, slot.end, frozenset({OBJECT_STORE})) > (slot.end - slot.start) / 2:
        found.add("storage unavailable")  # nor for the store
    camera = frozenset({camera_part(slot.camera)})
    if record.late_seconds(slot.start - STALL_SECONDS, slot.end, camera) > STALL_SECONDS / 2:
        found.add("camera stalled")  # nor for the camera
    return found


def excused_until(record: Record, window: Window) -> float:
    """The end of the fault's excuse: all was as before, or the promised recovery was over."""
    promised = window.promise.recovery_seconds
    late = record.late_seconds(window.ended, window.ended + promised)
    return min(window.recovered, window.ended + promised + min(late, LONGEST_LATE * promised))
