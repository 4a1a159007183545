"""What this computer is short of, in a sentence."""

from pathlib import Path

import pytest

from services.ingest.sources import failure_reasons
from shared.shortage import free_share_of, shortage, words_of


@pytest.mark.parametrize(
    ("load", "cpus", "free_share", "words"),
    [
        (1.9, 2, 0.5, ""),
        (5.4, 2, 0.5, "It is short of CPU time: 5 tasks want its 2 CPUs. "),
        (2.0, 1, 0.5, "It is short of CPU time: 2 tasks want its 1 CPU. "),
        (9.0, 2, 0.02, "It is short of memory: 2% is free. "),
    ],
)
def test_what_is_short_is_named(load: float, cpus: int, free_share: float, words: str) -> None:
    """Memory first: without it programs wait for the disk, which counts as load too."""
    assert words_of(load, cpus, free_share) == words


def test_the_kernels_figures_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its own texts; where it has none, nothing is told."""
    assert free_share_of("MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:  40 kB\n") == pytest.approx(0.04)
    monkeypatch.setattr("os.getloadavg", lambda: (9_000.0, 0.0, 0.0))
    assert shortage().startswith("It is short of ")
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setattr("shared.shortage._MEMORY", tmp_path / "none")
    assert shortage() == ""


def test_the_sentence_stands_among_the_others() -> None:
    """The number first, then the cause, then what to do; without a cause nothing is missing."""
    assert "is 8 s old. It is short of CPU" in failure_reasons.TOO_SLOW.format(8, words_of(5, 2, 1))
    assert "is 8 s old. Stop other programs" in failure_reasons.TOO_SLOW.format(8, "")
