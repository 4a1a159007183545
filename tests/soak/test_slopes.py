"""The soak's verdict: what leaks is found, noise is not, and too short a run says so."""

import random
from collections.abc import Callable

import pytest

from soak.report import BLOCK_SECONDS, BOUNDS, Report, slopes_of
from soak.slopes import Slope, TooShortError, Verdict, slope_of

HOUR = 3600.0
SAMPLES = [number * 5.0 for number in range(int(HOUR / 5))]


def slope(value_at: Callable[[float], float], bound: float, seconds: float = HOUR) -> Slope:
    """Of an hour's samples, one every 5 s, with noise and the waves of the soak's own rounds."""
    chance = random.Random(3)  # noqa: S311 the same noise each time
    times = [at for at in SAMPLES if at < seconds]
    values = [value_at(at) + chance.gauss(0, 0.5) + (3 if at % 40 < 20 else 0) for at in times]
    return slope_of(times, values, bound=bound, block_seconds=BLOCK_SECONDS)


def test_a_leak_is_found_and_measured() -> None:
    """A descriptor each time a camera comes and goes: 90 an hour."""
    found = slope(lambda at: 30 + at // 40, BOUNDS["descriptors"])
    assert found.verdict is Verdict.GROWS
    assert found.low < 90 < found.high


def test_noise_and_the_rounds_of_the_soak_are_no_growth() -> None:
    """Cameras go and come back: what is held then rises and falls."""
    assert slope(lambda _: 60.0, BOUNDS["anonymous_mb"]).verdict is Verdict.HELD


def test_one_odd_minute_moves_no_slope() -> None:
    """A busy machine, or a picture of another kind."""
    assert slope(lambda at: 400.0 if 1800 < at < 1860 else 60.0, BOUNDS["anonymous_mb"]).verdict is Verdict.HELD


def test_growth_at_the_bound_is_open_rather_than_guessed() -> None:
    """A longer run would tell."""
    assert slope(lambda at: 60 + 6 * at / HOUR, BOUNDS["anonymous_mb"]).verdict is Verdict.OPEN


def test_a_few_minutes_give_no_slope() -> None:
    """Rather none than a wrong one."""
    with pytest.raises(TooShortError):
        slope(lambda _: 60.0, 6.0, seconds=300)


def test_growth_and_problems_fail_the_run() -> None:
    """The exit code is made of this."""
    grown, flat = slope(lambda at: at, 1.0), slope(lambda _: 1.0, 6.0)
    for slopes, problems, passes in (
        ({"a anonymous_mb": flat}, [], True),
        ({"a anonymous_mb": flat, "a threads": grown}, [], False),
        ({"a anonymous_mb": flat}, ["stream has ended"], False),
    ):
        report = Report("abc", 60, 10, 180, 200.0, slopes, problems)
        assert report.passes is passes
        assert f'"passes": {str(passes).lower()}' in report.as_json()


def test_the_warm_up_is_left_out_and_a_series_that_is_too_short_is_named() -> None:
    """A process grows while it loads what it needs."""
    series = {
        "a anonymous_mb": [(at, min(at, 600.0)) for at in SAMPLES],
        "b threads": [(at, 1.0) for at in SAMPLES[:20]],
    }
    slopes, problems = slopes_of(series, warm_up_seconds=600)
    assert slopes["a anonymous_mb"].per_hour == 0
    assert problems == ["b threads has no slope: 0 blocks of 80 s, but a slope needs 8"]


def test_threads_that_come_and_go_are_no_growth_and_one_that_stays_is() -> None:
    """A machine that becomes busier holds a request's thread for longer, and ends it all the same."""
    chance = random.Random(5)  # noqa: S311 the same noise each time
    passing = [(at, 2 + float(chance.random() < at / HOUR)) for at in SAMPLES]
    staying = [(at, value + at // 600) for at, value in passing]
    slopes, problems = slopes_of({"a threads": passing, "b threads": staying}, warm_up_seconds=600)
    assert problems == []
    assert slopes["a threads"].verdict is Verdict.HELD
    assert slopes["b threads"].verdict is Verdict.GROWS
