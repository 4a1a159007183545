"""The contract notices what breaks it: else a campaign without a crash says nothing."""

import time

import pytest

from fuzz import contract
from fuzz.contract import Target, TooLargeError, TooSlowError
from shared.errors import MessageDecodeError


def raising(error: Exception) -> Target:
    def read(_data: bytes) -> None:
        raise error

    return Target("raising", read, (MessageDecodeError,), 10)


def test_an_error_that_callers_handle_is_no_finding() -> None:
    raising(MessageDecodeError("handled")).check(b"")


@pytest.mark.parametrize("error", [ValueError("of a library"), AssertionError("of the target itself")])
def test_any_other_error_is_a_finding(error: Exception) -> None:
    with pytest.raises(type(error)):
        raising(error).check(b"")


def test_work_beyond_the_limit_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "MOST_CPU_SECONDS", 0.02)

    def work(_data: bytes) -> None:
        until = time.process_time() + 0.03
        while time.process_time() < until:
            pass

    with pytest.raises(TooSlowError):
        Target("slow", work, (), 10).check(b"")


def test_memory_beyond_the_limit_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also memory that was given back before the reader returned. To fill as much as a long run of tests ever had takes
    seconds of CPU time on a busy machine, and that is no finding here.
    """
    monkeypatch.setattr(contract, "MOST_MEMORY_BYTES", 1024 * 1024)
    monkeypatch.setattr(contract, "MOST_CPU_SECONDS", float("inf"))
    peak = contract._peak_bytes()

    def take(_data: bytes) -> None:
        bytes(1) * (peak + 64 * 1024 * 1024)

    with pytest.raises(TooLargeError):
        Target("large", take, (), 10).check(b"")
