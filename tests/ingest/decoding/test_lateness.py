"""When a picture was taken, by the camera's clock, and what follows when that is long ago."""

import random
from collections.abc import Callable, Iterator

import pytest

from services.ingest.decoding.lateness import LATE_SECONDS, CameraClock, Shedding

FPS = 25
WEEK_SECONDS = 7 * 24 * 3600
Report = tuple[float, float]


def lateness_of(clock: CameraClock, pictures: Iterator[tuple[float, float]]) -> list[float]:
    """How late each picture is; they come as time stamp and arrival."""
    return [arrived - clock.taken_at(time, arrived) for time, arrived in pictures]


def stream(
    seconds: float, *, ppm: float = 0, fps: float = FPS, late: Callable[[float], float] = lambda _: 0.0
) -> Iterator[tuple[float, float]]:
    """Pictures of a camera whose clock is off by `ppm`, each `late` seconds on the way, which depends on the time."""
    for number in range(round(seconds * fps)):
        taken = number / fps
        yield 5_000 + taken * (1 + ppm / 1e6), taken + late(taken)


def confirmed(*, is_starved: bool = False) -> CameraClock:
    clock = CameraClock(lambda: is_starved)
    for seconds in (0.0, 5.0):
        clock.note_report(1_000_000 + seconds, seconds)
    return clock


@pytest.mark.parametrize("ppm", [-200, -100, 0, 100, 200])
@pytest.mark.parametrize("clock", [confirmed(), confirmed(is_starved=True), CameraClock(lambda: False)])
def test_a_camera_whose_crystal_is_off_is_not_late_in_a_week(ppm: float, clock: CameraClock) -> None:
    """It gains or loses 121 s in that time. Pictures take up to 0.2 s on the way."""
    noise = random.Random(1)  # noqa: S311 no secret
    clock.restart()
    pictures = stream(WEEK_SECONDS, ppm=ppm, fps=0.5, late=lambda _: noise.uniform(0, 0.2))
    assert max(lateness_of(clock, pictures)) < 0.5


@pytest.mark.parametrize("seconds", [60.0, 600.0])
def test_a_lag_that_lasts_is_not_forgotten(seconds: float) -> None:
    """The least of the last minute would forget it."""
    clock = confirmed()
    lags = lateness_of(clock, stream(seconds + 60, late=lambda at: 0.0 if at < 60 else min(8.0, (at - 60) / 2)))
    assert lags[-1] == pytest.approx(8.0, abs=0.2)


def test_a_lag_of_this_computers_is_told_without_any_report() -> None:
    """The camera need not confirm its clock where it is plain that nobody had the time to read."""
    clock = CameraClock(lambda: True)
    lags = lateness_of(clock, stream(120, late=lambda at: 0.0 if at < 30 else min(20.0, (at - 30) / 2)))
    assert lags[-1] == pytest.approx(20.0, abs=0.5)


def test_a_burst_that_is_over_within_a_second_disproves_nothing() -> None:
    """A thread that waited for a CPU just now may not know it yet. Its camera's clock was doubted for minutes."""
    clock = CameraClock(lambda: False)
    lags = lateness_of(clock, stream(60, late=lambda at: max(0.0, 30.8 - at) if at >= 30 else 0.0))
    assert max(lags) == pytest.approx(0.8, abs=0.05)
    assert clock.is_believed


def test_pictures_that_are_fast_again_are_no_longer_late() -> None:
    """What had queued up comes at once."""
    clock = confirmed()
    lags = lateness_of(clock, stream(90, late=lambda at: max(0.0, 8 - abs(at - 45))))
    assert max(lags) == pytest.approx(8.0, abs=0.1)
    assert lags[-1] < 0.1


@pytest.mark.parametrize("reports", [False, True])
@pytest.mark.parametrize("real_fps", [5, 12, 20, 24, 24.6, 24.65, 24.7, 24.9, 24.95, 24.99, 25.1, 30])
def test_time_stamps_that_count_pictures_never_make_one_late(real_fps: float, reports: bool) -> None:
    """Many cameras add the same for each picture, whatever the night does to their rate."""
    clock = CameraClock(lambda: False)
    worst = 0.0
    for number in range(round(9_000 * real_fps)):
        time, arrived = number / FPS, number / real_fps
        if reports and number % 125 == 0:
            clock.note_report(1_000 + arrived, time)
        worst = max(worst, arrived - clock.taken_at(time, arrived))
    assert worst < LATE_SECONDS


def test_a_clock_that_is_confirmed_again_begins_anew() -> None:
    """A camera whose night has half as many pictures. In the morning its reports agree again."""
    clock = CameraClock(lambda: False)
    lateness_of(clock, ((time, arrived * 2) for time, arrived in stream(100)))
    assert not clock.is_believed
    for seconds in (0.0, 5.0, 10.0):
        clock.note_report(1_000 + seconds, 5_200 + seconds)
    assert clock.is_believed
    assert max(lateness_of(clock, ((time + 200, arrived + 200) for time, arrived in stream(60)))) < LATE_SECONDS


def test_time_stamps_that_stand_still_never_make_a_picture_late() -> None:
    """Some cameras send 0."""
    assert max(lateness_of(CameraClock(lambda: False), ((0.0, n / FPS) for n in range(3000)))) < LATE_SECONDS


@pytest.mark.parametrize("step", [-3600.0, -5.0, 5.0, 86_400.0])
def test_a_clock_that_jumps_begins_anew(step: float) -> None:
    """Cameras set their clocks, and some time stamps follow."""
    clock = confirmed()
    pictures = ((time + (step if time > 5_030 else 0.0), arrived) for time, arrived in stream(120))
    assert max(lateness_of(clock, pictures)) < 0.5


def test_a_new_sender_begins_anew() -> None:
    """Its time stamps have nothing to do with those before."""
    clock = confirmed()
    lateness_of(clock, stream(60))
    clock.restart()
    assert max(lateness_of(clock, ((time + 0.9, arrived + 65) for time, arrived in stream(20)))) < 0.1


def test_time_stamps_are_believed_again_after_a_while_at_the_right_rate() -> None:
    """A camera's night is over."""
    clock = CameraClock(lambda: False)
    lateness_of(clock, stream(20, ppm=-500_000))
    assert not clock.is_believed
    lateness_of(clock, ((time + 100, arrived + 20) for time, arrived in stream(200)))
    assert clock.is_believed


def test_a_report_that_contradicts_the_time_stamps_confirms_nothing() -> None:
    """Nor does one whose wall clock stands still, as cameras without a clock send."""
    for wall_rate in (0.0, 2.0):
        clock = CameraClock(lambda: False)
        for seconds in (0.0, 5.0, 10.0):
            clock.note_report(1000 + wall_rate * seconds, seconds)
        lateness_of(clock, stream(20, ppm=-500_000))
        assert not clock.is_believed


def test_shedding_begins_when_pictures_are_late_and_ends_when_there_is_time() -> None:
    """Not at once: decoding less makes them fresh in any case."""
    shedding = Shedding()
    shedding.note(1.9, 100.0)
    assert not shedding.is_on
    shedding.note(2.1, 101.0)
    assert shedding.is_on
    shedding.note(0.1, 102.0)
    assert shedding.is_on
    shedding.note(0.1, 106.5)
    assert not shedding.is_on


def test_shedding_lasts_longer_each_time_that_its_end_was_too_soon() -> None:
    """Else every few seconds would be late. After a quiet while it is short again."""
    shedding, now, lasted = Shedding(), 100.0, []
    for pause in (1.0, 1.0, 1.0, 1.0, 1.0, 500.0):
        shedding.note(3.0, now)
        began = now
        while shedding.is_on:
            now += 0.5
            shedding.note(0.1, now)
        lasted.append(now - began)
        now += pause
    shedding.note(3.0, now)
    assert lasted == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    shedding.note(0.1, now + 5.0)
    assert not shedding.is_on
