"""The promise on access finds doors that are open to the wrong one, or shut to the right one, and no others."""

import pytest

from faults.audience import EVERYBODY, NOBODY, at_replica
from faults.facts import NOTHING, STRANGER, Decided, Decision, Knock
from faults.record import Fact
from faults.window import Promise, Window
from tests.faults.test_promises import as_promised, at, breaches

MADE = Decided("tablet", at(0), Decision.MADE)
ENDED = Decided("tablet", at(20), Decision.ENDED)


def knock(second: float, status: int = 200, who: str = "tablet", *, is_watching: bool = False) -> Knock:
    return Knock(who, "stream-1", at(second), status, is_watching)


@pytest.mark.parametrize(("facts", "words"), [
    ([MADE, ENDED, knock(22.1)], "a token still opened at stream-1 2.1 s after its end was answered"),
    ([MADE, ENDED, knock(22.1, is_watching=True)], "a stream that a token had opened went on"),
    ([MADE, knock(10, 401)], "refused with 401"),
    ([knock(10, who=NOTHING)], "was open to nothing"),
    ([knock(10, who=STRANGER)], "was open to a token of nobody"),
])  # fmt: skip
def test_a_door_that_is_open_or_shut_to_the_wrong_one_is_found(facts: list[Fact], words: str) -> None:
    record = as_promised()
    for fact in facts:
        record.add(fact)

    (found,) = breaches(record)

    assert words in found


def test_a_decision_counts_after_two_seconds_and_only_once_it_was_answered() -> None:
    asked = Decided("tablet", at(10), Decision.ASKED)
    record = as_promised()
    for fact in (MADE, knock(1, 401), knock(9), asked, knock(15), knock(16, 401), ENDED, knock(21), knock(23, 401)):
        record.add(fact)
    for token in (NOTHING, STRANGER):
        record.add(knock(10, 503, token))
        record.add(knock(10, 401, token))

    assert breaches(record) == []


@pytest.mark.parametrize("viewers", [at_replica("stream-1"), EVERYBODY, at_replica("stream-2"), NOBODY])
def test_a_replica_that_stood_still_is_given_two_seconds_and_no_other_fault_excuses_it(viewers: frozenset[str]) -> None:
    record = as_promised()
    window = Window("it stands still", "processes", Promise(5.0, viewers), at(19), at(19), at(26), at(26), at(26))
    record.windows.append(window)
    for fact in (MADE, ENDED, knock(27.9)):
        record.add(fact)
    assert len(breaches(record)) == (viewers not in (at_replica("stream-1"), EVERYBODY))

    record.add(knock(28.1, is_watching=True))
    assert any("went on" in words for words in breaches(record))
