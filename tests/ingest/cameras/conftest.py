"""Pages of each test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.access import password_hash
from tests.ingest.cameras.page import Page, page


@pytest.fixture(autouse=True)
def _cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_hash, "COST", 2)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Page]:
    """Without a camera yet."""
    with page(tmp_path) as made:
        yield made
