"""When a clock is doubted, whatever the archive and whatever happens to the clock. Thrown at random, by seeds."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from services.archiver.base.clock_doubt import (
    AGREE_SECONDS,
    FIRST_RELEASE,
    LONGEST_PAUSE,
    STEP_SECONDS,
    DoubtKind,
    Evidence,
    Moment,
    Reading,
    agrees,
    corrected_ns,
    doubt_of,
)
from services.archiver.base.epoch import EPOCH
from shared.clock import NS_PER_SECOND

NEWEST = datetime(2027, 3, 1, 12, tzinfo=UTC)
SEEDS = range(200)


def ns(instant: datetime) -> int:
    return round((instant - EPOCH).total_seconds()) * NS_PER_SECOND


def reading(at: datetime, up: timedelta = timedelta(hours=1)) -> Reading:
    return Reading(round(up.total_seconds()) * NS_PER_SECOND, ns(at))


def thrown_by(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 no secret


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        (NEWEST + timedelta(hours=5), None),
        (NEWEST + LONGEST_PAUSE, None),
        (NEWEST - timedelta(seconds=30), None),
        (NEWEST - timedelta(minutes=2), DoubtKind.EARLY),
        (NEWEST + LONGEST_PAUSE + timedelta(seconds=1), DoubtKind.LATE),
        (NEWEST + timedelta(days=730), DoubtKind.LATE),
        (datetime(1970, 1, 1, 0, 1, tzinfo=UTC), DoubtKind.BEFORE_RELEASE),
        (datetime(2036, 2, 7, tzinfo=UTC), DoubtKind.LATE),
    ],
)
def test_a_start_is_judged_by_the_newest_row(at: datetime, kind: DoubtKind | None) -> None:
    """Earlier than it, or later by more than a weekend."""
    doubt = doubt_of(reading(at), Evidence(ns(NEWEST)))
    assert (doubt and doubt.kind) == kind


def test_an_empty_archive_contradicts_no_clock_but_one_from_before_the_program() -> None:
    """There is nothing to lose yet."""
    assert doubt_of(reading(datetime(2036, 1, 1, tzinfo=UTC)), Evidence()) is None
    assert doubt_of(reading(FIRST_RELEASE - timedelta(seconds=1)), Evidence()) is not None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clock_that_nobody_sets_is_trusted_for_ever_and_a_step_is_always_noticed(seed: int) -> None:
    """However long the computer runs, however it slews, and whichever way the step goes."""
    thrown = thrown_by(seed)
    anchor = reading(NEWEST + timedelta(seconds=thrown.uniform(0, 1e5)), timedelta(seconds=thrown.uniform(0, 1e7)))
    evidence = Evidence(ns(NEWEST), anchor)
    elapsed = thrown.uniform(0, 10 * 365 * 86_400)
    slewed = thrown.uniform(-1, 1) * 0.000499 * elapsed + thrown.uniform(-59, 59)
    later_ns = round(elapsed * NS_PER_SECOND)
    steady = Reading(anchor.boot_ns + later_ns, anchor.utc_ns + later_ns + round(slewed * NS_PER_SECOND))
    assert doubt_of(steady, evidence) is None
    step = thrown.choice((-1, 1)) * (2 * STEP_SECONDS + 0.0011 * elapsed + thrown.expovariate(1e-7))
    stepped = Reading(steady.boot_ns, steady.utc_ns + round(step * NS_PER_SECOND))
    doubt = doubt_of(stepped, evidence)
    assert doubt is not None
    assert doubt.kind is DoubtKind.STEP
    assert (doubt.seconds > 0) == (step > 0)
    assert doubt_of(steady, evidence) is None, "set back again, it is as right as before"


@pytest.mark.parametrize("seed", SEEDS)
def test_frames_of_one_boot_are_put_in_the_order_of_their_capture(seed: int) -> None:
    """However often the clock was set in between."""
    thrown = thrown_by(seed)
    anchor = reading(NEWEST, timedelta(days=thrown.uniform(0, 1000)))
    moments = [Moment("boot", thrown.randrange(anchor.boot_ns)) for _ in range(20)]
    dated = sorted(moments, key=lambda moment: corrected_ns(moment, anchor))
    assert dated == sorted(moments, key=lambda moment: moment.boot_ns)
    assert all(corrected_ns(moment, anchor) <= anchor.utc_ns for moment in moments)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_witness_agrees_within_ten_minutes_either_way(seed: int) -> None:
    """Cameras' clocks are no better."""
    off = thrown_by(seed).uniform(-3, 3) * AGREE_SECONDS
    assert agrees(reading(NEWEST), ns(NEWEST) + round(off * NS_PER_SECOND)) == (abs(off) <= AGREE_SECONDS)
