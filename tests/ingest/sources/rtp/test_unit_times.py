"""When pictures were taken that were read together."""

import pytest

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.sources.rtp.timestamps import CLOCK_RATE
from services.ingest.sources.rtp.unit_times import UnitTimes

FPS = 25
NAP = 10
SENDER = 1
START = 2**32 - 5 * CLOCK_RATE
"""Soon before time stamps begin anew."""


def unit_at(seconds: float) -> AccessUnit:
    return AccessUnit((START + round(seconds * CLOCK_RATE)) % 2**32)


def read(times: UnitTimes, units: list[AccessUnit], at: float, sender: int = SENDER) -> None:
    for unit in units:
        times.note(unit, at)
    times.end_read(sender)


def naps(times: UnitTimes, seconds: float) -> list[AccessUnit]:
    """Pictures at 25 fps, of which ten are read at a time."""
    units = [unit_at(number / FPS) for number in range(round(seconds * FPS))]
    for first in range(0, len(units), NAP):
        read(times, units[first : first + NAP], (first + NAP - 1) / FPS)
    return units


def test_pictures_of_one_read_were_taken_one_after_the_other() -> None:
    """The first of them waited for the nap's end, and is later than the last."""
    units = naps(UnitTimes(lambda: False), 10)
    assert [unit.taken_at for unit in units] == pytest.approx([number / FPS for number in range(len(units))], abs=0.01)
    assert units[0].arrived_at == units[NAP - 1].arrived_at


def test_a_lag_of_a_nap_is_known() -> None:
    times = UnitTimes(lambda: True)
    naps(times, 10)
    late = unit_at(10)
    read(times, [unit_at(9.8), late], 13.0)
    assert late.arrived_at - late.taken_at == pytest.approx(3.0, abs=0.1)


def test_a_camera_whose_time_stamps_stand_still_has_pictures_taken_when_they_arrived() -> None:
    times = UnitTimes(lambda: False)
    units = [unit_at(0) for _ in range(20)]
    for number in range(0, 20, 2):
        read(times, units[number : number + 2], float(number))
    assert [unit.taken_at for unit in units[-2:]] == [18.0, 18.0]


def test_a_new_sender_has_a_clock_of_its_own() -> None:
    times = UnitTimes(lambda: True)
    naps(times, 10)
    unit = unit_at(3)
    read(times, [unit], 10.1, SENDER + 1)
    assert unit.taken_at == 10.1
