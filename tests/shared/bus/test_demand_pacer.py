"""The rate at which the cameras hear of changes, without a clock."""

import pytest

from shared.bus.demand_pacer import CHANGES_AT_ONCE, PAUSE_SECONDS, DemandPacer


class Paced:
    def __init__(self) -> None:
        self.now = 0.0
        self.passed: list[tuple[bytes, bool]] = []
        self.pacer = DemandPacer(lambda topic, is_wanted: self.passed.append((topic, is_wanted)), lambda: self.now)


@pytest.fixture
def paced() -> Paced:
    return Paced()


def test_a_single_change_is_passed_on_at_once(paced: Paced) -> None:
    paced.pacer.change(b"status/", True)
    assert paced.pacer.pass_due() == float("inf")
    assert paced.passed == [(b"status/", True)]


def test_many_changes_are_passed_on_in_their_order_with_pauses(paced: Paced) -> None:
    topics = [b"%d" % number for number in range(CHANGES_AT_ONCE + 1)]
    for topic in topics:
        paced.pacer.change(topic, True)
    assert paced.pacer.pass_due() == pytest.approx(PAUSE_SECONDS)
    assert paced.pacer.pass_due() == pytest.approx(PAUSE_SECONDS)
    assert len(paced.passed) == CHANGES_AT_ONCE
    paced.now += 2 * PAUSE_SECONDS
    assert paced.pacer.pass_due() == float("inf")
    assert [topic for topic, _ in paced.passed] == topics


def test_a_change_that_is_taken_back_while_it_waits_is_never_told(paced: Paced) -> None:
    """One topic on and off as fast as possible costs the cameras nothing."""
    paced.pacer.change(b"a", True)
    paced.pacer.pass_due()
    for is_wanted in (False, True, False, True):
        paced.pacer.change(b"a", is_wanted)
    paced.pacer.change(b"b", True)
    paced.pacer.change(b"b", False)
    paced.pacer.change(b"b", True)
    paced.now += PAUSE_SECONDS
    paced.pacer.pass_due()
    assert paced.passed == [(b"a", True), (b"b", True)]
