"""Threads end when told, and their crashes are noticed."""

import threading

import pytest

from shared.errors import ConfigurationError
from shared.lifecycle import ServiceThread, run_service


def test_a_thread_ends_when_told() -> None:
    """`stop` returns when the thread has ended."""
    ended = threading.Event()

    def run(stop: threading.Event) -> None:
        stop.wait()
        ended.set()

    thread = ServiceThread("patient", run, pytest.fail)
    thread.start()
    assert thread.stop(5)
    assert ended.is_set()


def test_a_thread_that_does_not_end_is_reported() -> None:
    """The caller decides what to do about it."""
    release = threading.Event()

    def run(_: threading.Event) -> None:
        release.wait(10)

    thread = ServiceThread("stubborn", run, pytest.fail)
    thread.start()
    assert not thread.stop(0.05)
    release.set()


def test_a_crash_is_reported() -> None:
    """The service then ends as a whole, and is restarted."""
    crashed = threading.Event()

    def run(_: threading.Event) -> None:
        raise RuntimeError("no reason")

    ServiceThread("unlucky", run, crashed.set).start()
    assert crashed.wait(5)


def test_a_bad_setting_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """A restart does not help, so the runner must be able to tell."""

    def main() -> int:
        raise ConfigurationError("SETTING is 'x' but must be y.")

    with pytest.raises(SystemExit) as exit_:
        run_service(main, reads_file=False)
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "SETTING is 'x' but must be y.\n"
