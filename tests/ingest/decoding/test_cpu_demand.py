"""Whether a thread has too much to do, by Linux's count of what it computed and of how long it waited for a CPU."""

import time
from pathlib import Path

import pytest

from services.ingest.decoding import cpu_demand
from services.ingest.decoding.cpu_demand import CpuDemand


class Times:
    """A clock, and Linux's file of one thread's times."""

    def __init__(self, file: Path) -> None:
        self.now = 100.0
        self._computed = self._waited = 0.0
        self.file = file
        self.pass_time(0)

    def pass_time(self, seconds: float, *, computed: float = 0.0, waited: float = 0.0) -> None:
        self.now += seconds
        self._computed += computed
        self._waited += waited
        self.file.write_text(f"{round(self._computed * 1e9)} {round(self._waited * 1e9)} 7\n")


@pytest.fixture
def times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Times:
    times = Times(tmp_path / "schedstat")
    monkeypatch.setattr(cpu_demand, "_SCHEDSTAT", times.file)
    monkeypatch.setattr(time, "monotonic", lambda: times.now)
    return times


def test_computing_and_waiting_for_a_cpu_are_counted_and_sleeping_is_not(times: Times) -> None:
    demand = CpuDemand()
    assert not demand.is_too_much()
    times.pass_time(0.5, computed=0.2, waited=0.05)
    assert not demand.is_too_much()
    times.pass_time(0.5, computed=0.2, waited=0.2)
    assert demand.is_too_much()
    for _ in range(2):
        times.pass_time(0.5, computed=0.1)
        demand.is_too_much()
    assert not demand.is_too_much()


def test_a_wait_that_is_counted_half_a_second_too_soon_is_not_forgotten_in_the_next(times: Times) -> None:
    """The thread was kept waiting between its look at the clock and its look at its own times."""
    demand = CpuDemand()
    demand.is_too_much()
    times.pass_time(0.5, waited=1.2)
    assert demand.is_too_much()
    times.pass_time(0.7)
    assert demand.is_too_much()


def test_where_nothing_tells_there_is_never_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_demand, "_SCHEDSTAT", tmp_path / "none")
    assert not CpuDemand().is_too_much()
