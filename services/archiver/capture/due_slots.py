"""Which slots of one camera are due, by its rule, and when in them."""

from services.archiver.base.capture_rule import CaptureRule, RuleOf, next_due
from services.archiver.capture.slots import Slot
from shared.clock import NS_PER_SECOND


class DueSlots:
    """A slot is due if a moment of it is. Its picture is taken in that moment, or in the first one of several."""

    def __init__(self, camera_key: str, rule_of: RuleOf) -> None:
        self._camera_key = camera_key
        self._rule_of = rule_of
        self._known: tuple[Slot, CaptureRule, tuple[tuple[int, int], ...]] | None = None
        """What is due of the slot that was last asked for, by the rule of then."""

    @property
    def rule(self) -> CaptureRule:
        """The camera's."""
        return self._rule_of(self._camera_key)

    def is_due(self, slot: Slot) -> bool:
        """Whether the slot is to get a picture."""
        return bool(self._spans_of(slot))

    def is_due_at(self, slot: Slot, utc_ns: int) -> bool:
        """Whether the slot's picture may be taken at that instant (epoch ns)."""
        second = utc_ns // NS_PER_SECOND
        return any(begin <= second < end for begin, end in self._spans_of(slot))

    def next_at(self, utc_ns: int, slot: Slot, *, is_done: bool) -> int | None:
        """When the next picture is due (epoch seconds), where `slot` runs and may have its picture; None for never."""
        return next_due(self.rule, slot.end_seconds if is_done else utc_ns // NS_PER_SECOND)

    def _spans_of(self, slot: Slot) -> tuple[tuple[int, int], ...]:
        known, rule = self._known, self.rule
        if known is None or known[:2] != (slot, rule):
            known = self._known = (slot, rule, tuple(rule.spans(slot.start_seconds, slot.end_seconds)))
        return known[2]
