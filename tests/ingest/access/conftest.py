"""A house of each test's own, with scrypt that takes no time: its cost is measured by a test of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.access import password_hash
from tests.ingest.access.house import House, house


@pytest.fixture(autouse=True)
def _cheap_scrypt(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "real_scrypt" not in request.fixturenames:
        monkeypatch.setattr(password_hash, "COST", 2)


@pytest.fixture
def real_scrypt() -> None:
    """For a test of what it costs."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "owner") as made:
        yield made
