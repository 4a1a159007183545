"""The limit on silence, on a clock of the test's own."""

from shared.bus.silence import SILENCE_SECONDS, SilenceTimer


def test_silence_is_counted_from_the_last_message() -> None:
    """A connection with messages must never be given up."""
    now = 100.0
    timer = SilenceTimer(lambda: now)
    now += SILENCE_SECONDS - 0.1
    assert not timer.has_expired
    timer.restart()
    now += SILENCE_SECONDS - 0.1
    assert not timer.has_expired
    now += 0.1
    assert timer.has_expired


def test_the_limit_is_checked_often_enough_to_be_noticed_within_four_seconds() -> None:
    """docs/bus-security.md promises that both ends notice a cut within four seconds."""
    assert SILENCE_SECONDS + SilenceTimer(lambda: 0.0).check_seconds <= 4
