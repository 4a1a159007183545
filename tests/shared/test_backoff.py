"""How long to wait before the next try."""

import pytest

from shared.backoff import Backoff, backoff_seconds


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0.5), (1, 1), (5, 16), (6, 30), (5_000, 30)])
def test_pauses_double_and_stay_within_their_limit(failures: int, seconds: float) -> None:
    """After any number of failures: a camera may be away for a week."""
    assert backoff_seconds(0.5, 30, failures) == seconds


def test_a_loop_waits_longer_after_each_failure_and_starts_over_after_a_success() -> None:
    """Half a second helps a service that restarts; half a minute spares one that is down for long."""
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next_seconds() for _ in range(4)] == [0.5, 1.0, 2.0, 3.0]
    backoff.reset()
    assert backoff.next_seconds() == 0.5
