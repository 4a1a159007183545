"""Each promise finds a made-up breach of its own, and none in facts that are as they should be."""

from dataclasses import replace

import pytest

from faults.audience import EVERYBODY, NOBODY
from faults.facts import (
    ArchivedPicture,
    Late,
    Leak,
    Lost,
    Painted,
    Sessions,
    Sight,
    SlotRow,
    Told,
    Usage,
)
from faults.promises import PROMISES
from faults.promises.slots import true_reasons
from faults.record import Fact, Record
from faults.window import Promise, Window

VIEWER = "mjpeg front stream-1"
PAGE = "page stream-1"
BEGIN = 1000.0
SECONDS = 40
FPS = 10
AWAY = Promise(8.0, frozenset({VIEWER}), frozenset({"camera offline"}), frozenset({PAGE}))
OUTAGE = Window("a camera is gone", "camera", AWAY, BEGIN + 10, BEGIN + 10, BEGIN + 16, BEGIN + 18)


def at(second: float) -> float:
    return BEGIN + second


def usage(second: float, descriptors: int = 20, threads: int = 5, memory_bytes: int = 50_000_000) -> Usage:
    return Usage("stream-1", at(second), descriptors, threads, memory_bytes)


def as_promised(*, outage: bool = False) -> Record:
    """Everybody gets everything for forty seconds; with `outage` the camera is away from 10 to 16 s."""
    record = Record(since=BEGIN, until=at(SECONDS))
    away = range(10 * FPS, 18 * FPS) if outage else range(0)
    for frame in range(SECONDS * FPS):
        if frame not in away:
            second = frame / FPS
            record.add(Sight(VIEWER, "front", at(second) + 0.05, at(second), live=True))
    for second in range(SECONDS + 1):
        record.add(Painted("front", at(second), second * FPS))
        record.add(Sessions("front", at(second - SECONDS), 1))
    for slot in range(0, SECONDS, 4):
        missed = outage and 8 <= slot <= 16
        record.add(SlotRow("front", at(slot), at(slot + 4), int(not missed), ("camera offline",) * missed))
    record.add(ArchivedPicture("front", at(4), 4, at(4.3), at(4.2)))
    for reading in range(6):
        record.add(usage(reading))
    if outage:
        record.windows.append(OUTAGE)
        record.add(Told(PAGE, at(11), ("front: The camera is offline",)))
    return record


def breaches(record: Record) -> list[str]:
    return [f"{breach.promise}: {breach.words}" for promise in PROMISES for breach in promise.breaches(record)]


@pytest.mark.parametrize("outage", [False, True])
def test_nothing_is_found_where_all_is_as_promised(outage: bool) -> None:
    """A lab that cries wolf is switched off."""
    assert breaches(as_promised(outage=outage)) == []


@pytest.mark.parametrize(("facts", "words"), [
    ([Sight(VIEWER, "front", at(20), at(14), live=True)], "6.0 s old and marked live"),
    ([Sight("snapshot front stream-2", "front", at(20), at(22), live=True)], "from the future"),
    ([ArchivedPicture("front", at(8), 4, at(9), at(2))], "too late"),
    ([Sessions("front", at(20) + step / 2, 2) for step in range(6)], "2 connections"),
    ([SlotRow("front", at(40), at(44), 0, ())], "lost"),
    ([SlotRow("front", at(44), at(48), 1, ())], "nothing is known of the time"),
    ([SlotRow("front", at(40), at(44), 1, ("camera offline",))], "doubled"),
    ([SlotRow("front", at(40), at(44), 2, ())], "doubled"),
    ([SlotRow("front", at(40), at(44), 0, ("",))], "has the reason ''"),
    ([SlotRow("front", at(40), at(44), 0, ("disk full",))], "'disk full', not a frame"),
    ([Lost("the file front/2026/x.webp", at(20))], "is gone"),
    ([Leak("the log ingest.000.log", "the camera's password", at(20))], "stands in the log"),
    ([usage(10 + step, descriptors=60) for step in range(3)], "60 descriptors"),
    ([usage(10 + step, threads=30) for step in range(3)], "30 threads"),
    ([usage(10 + step, memory_bytes=300_000_000) for step in range(3)], "memory bytes"),
])  # fmt: skip
def test_each_made_up_breach_is_found(facts: list[Fact], words: str) -> None:
    """And it is the only one."""
    record = as_promised()
    for fact in facts:
        record.add(fact)

    (found,) = breaches(record)

    assert words in found


def test_lost_frames_are_found_outside_of_faults_alone() -> None:
    record = as_promised(outage=True)
    record.sights = [sight for sight in record.sights if not at(22) <= sight.at < at(30)]

    (found,) = breaches(record)

    assert "frames in" in found


def test_frames_are_not_judged_where_the_lab_itself_was_late() -> None:
    """A machine that is busy elsewhere says nothing of Framecast."""
    record = as_promised(outage=True)
    record.sights = [sight for sight in record.sights if not at(22) <= sight.at < at(30)]
    record.add(Late(at(25), 2.0))

    assert breaches(record) == []


def test_the_lateness_of_the_lab_is_granted_to_an_age() -> None:
    record = as_promised()
    record.add(Sight(VIEWER, "front", at(20), at(14), live=True))
    record.add(Late(at(19), 3.0))

    assert breaches(record) == []


def test_a_fault_may_allow_older_pictures_to_those_whom_it_concerns() -> None:
    """An ingest that gets no CPU time judges late."""
    record = as_promised()
    starved = replace(AWAY, live_slack_seconds=3.0, pages=frozenset())
    record.windows.append(replace(OUTAGE, promise=starved))
    record.add(Sight(VIEWER, "front", at(17), at(10), live=True))
    record.sights = [sight for sight in record.sights if sight.at > at(16.9) or sight.at < at(10)]

    assert breaches(record) == []

    record.add(Sight(VIEWER, "front", at(17.5), at(9), live=True))
    assert len(breaches(record)) == 1


def test_a_page_that_says_nothing_for_three_seconds_is_found() -> None:
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(second), ()) for second in range(10, 16)]

    (found,) = breaches(record)

    assert "no word of trouble" in found


def test_a_page_without_an_answer_says_so_itself() -> None:
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(11), (), answered=False)]

    assert breaches(record) == []


def test_a_fault_that_was_over_before_it_had_to_be_told_is_no_breach() -> None:
    record = as_promised(outage=True)
    record.told = []
    record.windows = [replace(OUTAGE, ended=at(12))]

    assert breaches(record) == []


def test_a_reason_is_true_only_around_its_fault() -> None:
    """`camera offline` is no excuse for a slot a minute later, nor `disk full` for one beside it."""
    record = as_promised(outage=True)

    assert true_reasons(record, SlotRow("front", at(12), at(16), 0, ())) == {"camera offline"}
    assert true_reasons(record, SlotRow("front", at(80), at(84), 0, ())) == set()


def test_one_reading_above_the_baseline_is_no_leak() -> None:
    """A request may be under way just then."""
    record = as_promised()
    record.add(usage(20, descriptors=60))

    assert breaches(record) == []


def test_faults_that_nobody_may_notice_excuse_nobody() -> None:
    record = as_promised()
    record.windows.append(replace(OUTAGE, promise=Promise(5.0, NOBODY)))
    record.sights = [sight for sight in record.sights if not at(22) <= sight.at < at(30)]

    assert len(breaches(record)) == 1
    assert VIEWER in EVERYBODY
