"""How long to wait before the next try."""

import pytest

from services.ingest.backoff import backoff_seconds


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0.5), (1, 1), (5, 16), (6, 30), (5_000, 30)])
def test_pauses_double_and_stay_within_their_limit(failures: int, seconds: float) -> None:
    """However many there were: a camera may be away for a week."""
    assert backoff_seconds(0.5, 30, failures) == seconds
