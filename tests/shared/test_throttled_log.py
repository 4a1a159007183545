"""Counting without flooding the log."""

from structlog.testing import capture_logs

from shared.throttled_log import ThrottledLog


def test_all_are_counted_and_at_most_one_line_a_second_is_logged() -> None:
    """Each line has the number since the one before."""
    now = 100.0
    counter = ThrottledLog("message", lambda: now)
    with capture_logs() as lines:
        for _ in range(5):
            counter.count("bad header")
        now += 1.5
        counter.count("bad picture")
    assert counter.total == 6
    assert [(line["count"], line["last_reason"]) for line in lines] == [(1, "bad header"), (5, "bad picture")]
