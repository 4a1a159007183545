"""The summary that documents quote."""

from faults.campaign import Outcome, Recovery
from faults.judged import Judged, JudgedArchive
from faults.promises import Breach
from faults.report import percentile, summary, table


def outcome() -> Outcome:
    return Outcome(
        rounds=2,
        seconds=61.2,
        breaches=[Breach("a promise", "somebody", 5.0, "it was broken")],
        recoveries=[Recovery("a", "camera", seconds) for seconds in (1.0, 2.0, 9.0)],
        streams=Judged(judged=100.0, disturbed=50.0, whole=300.0, pictures=900, without_clock=20),
        archive=JudgedArchive(3, 1000.0, 1010.0, {("front", 1002), ("front", 1005), ("back", 1002)}, 40, 2),
        injected=[("camera", "a camera is gone"), ("camera", "a camera is gone"), ("disk", "the disk is full")],
    )


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert percentile([4.0], 0.5) == 4.0


def test_the_summary_counts_by_kind_and_names_each_violation() -> None:
    result = summary(outcome(), "scripts/faults --seed 7", 7, "abc")

    assert result["kinds"]["camera"] == {"faults": 2, "recovery_p50_seconds": 2.0, "recovery_p95_seconds": 9.0}
    assert result["kinds"]["disk"]["recovery_p50_seconds"] is None
    assert result["violations"] == ["a promise: it was broken"]


def test_the_table_says_how_many_violations_there_were_and_why_it_ended_early() -> None:
    ended = outcome()
    ended.aborted = "nothing became as before"

    text = table(summary(ended, "scripts/faults --seed 7", 7, "abc"))

    assert "| camera | 2 | 2 | 9 |" in text
    assert "`scripts/faults --seed 7`, commit abc: 3 faults in 2 rounds and 61 s, 1 violations" in text
    assert "Of 300 s of streams 100 were judged" in text
    assert "900 live pictures, 3 slots and 40 archived pictures were judged" in text
    assert "20 live and 2 archived pictures without a clock, 1 slots that were not settled" in text
    assert "- a promise: it was broken" in text
    assert "ENDED EARLY: nothing became as before" in text
