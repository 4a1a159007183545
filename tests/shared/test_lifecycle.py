"""Threads that end when told and never die unseen."""

import threading

import pytest

from shared.errors import ConfigurationError
from shared.lifecycle import ServiceThread, run_service


def test_a_worker_ends_when_told() -> None:
    """`stop` returns when it has ended."""
    ended = threading.Event()

    def run(stop: threading.Event) -> None:
        stop.wait()
        ended.set()

    worker = ServiceThread("patient", run, pytest.fail)
    worker.start()
    assert worker.stop(5)
    assert ended.is_set()


def test_a_worker_that_does_not_end_is_told_of() -> None:
    """The caller decides what to do about it."""
    release = threading.Event()

    def run(_: threading.Event) -> None:
        release.wait(10)

    worker = ServiceThread("stubborn", run, pytest.fail)
    worker.start()
    assert not worker.stop(0.05)
    release.set()


def test_a_crash_is_handed_on() -> None:
    """The service then ends as a whole, to be restarted."""
    crashed = threading.Event()

    def run(_: threading.Event) -> None:
        raise RuntimeError("no reason")

    ServiceThread("unlucky", run, crashed.set).start()
    assert crashed.wait(5)


def test_a_bad_setting_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """No restart mends it, so the runner must be able to tell."""

    def main() -> int:
        raise ConfigurationError("SETTING is 'x' but must be y.")

    with pytest.raises(SystemExit) as exit_:
        run_service(main)
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "SETTING is 'x' but must be y.\n"
