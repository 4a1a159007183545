"""Pages of each test's own, and tries of an address with real processes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.ingest.access import password_hash
from services.ingest.cameras.trials import Trials
from services.ingest.forking_launcher import worker_launcher
from shared.clock import Clock
from shared.settings import DEFAULT_MAX_PIXELS
from tests.ingest.cameras.page import Page, page
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def _cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password_hash, "COST", 2)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Page]:
    """Without a camera yet."""
    with page(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    """With a thread that starts what waits, as the supervisor does."""
    made, launcher, stop = Trials(DEFAULT_MAX_PIXELS), worker_launcher(Clock()), threading.Event()

    def supervise() -> None:
        while not stop.wait(0.02):
            made.start_waiting(launcher)

    wait_until(launcher.is_ready, "the template is ready", 30)
    thread = threading.Thread(target=supervise)
    thread.start()
    yield made
    stop.set()
    thread.join()
    launcher.close()
