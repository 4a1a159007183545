"""Slots are arithmetic on epoch time, so no calendar can double or lose one."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.archiver.capture.slots import Slot, slot_at
from shared.clock import NS_PER_SECOND


def ns(seconds: float) -> int:
    return int(seconds * NS_PER_SECOND)


def test_a_slot_begins_at_a_whole_multiple_of_its_interval() -> None:
    """Seven minutes past the hour belong to the hour's slot."""
    assert slot_at(ns(7200 + 420.5), 3600) == Slot(7200, 3600)


def test_a_slot_holds_its_first_nanosecond_and_not_its_end() -> None:
    """Half-open, so that every instant belongs to exactly one slot."""
    slot = Slot(7200, 3600)
    assert slot.contains(ns(7200))
    assert not slot.contains(ns(7200) - 1)
    assert slot.contains(ns(10800) - 1)
    assert not slot.contains(ns(10800))
    assert slot_at(ns(10800), 3600) == Slot(10800, 3600)


def test_what_is_left_of_a_slot_is_never_negative() -> None:
    """After its end nothing is left, so nobody waits."""
    assert Slot(0, 10).seconds_left(ns(7.5)) == 2.5
    assert Slot(0, 10).seconds_left(ns(12)) == 0


def test_the_hour_that_summer_time_repeats_has_two_slots() -> None:
    """02:30 comes twice in Berlin on that night; the two are different slots."""
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold).timestamp() for fold in (0, 1))
    assert slot_at(ns(second), 3600).start_seconds - slot_at(ns(first), 3600).start_seconds == 3600


def test_a_clock_set_back_and_forward_finds_the_same_slots_again() -> None:
    """The slot depends on the instant alone, not on what was asked before."""
    instants = [100, 50, 100, 5000, 100]
    assert [slot_at(ns(at), 60).start_seconds for at in instants] == [60, 0, 60, 4980, 60]


def test_an_interval_that_changes_gives_another_slot_of_the_same_instant() -> None:
    """A shorter interval's slot begins later, unless both begin together."""
    assert slot_at(ns(5000), 3600) == Slot(3600, 3600)
    assert slot_at(ns(5000), 600) == Slot(4800, 600)
