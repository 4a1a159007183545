"""The fixtures that tests of all services share: a bus, an ingest on it that says what the test wants, and a replica.

A test module that needs other cameras overrides `statuses` alone.
"""

from collections.abc import Iterator

import pytest

from shared.bus.status import CameraStatus
from tests.support.bus import FakeIngest, fake_ingest, status_of
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until


@pytest.fixture
def bus() -> str:
    """The address of a bus of the test's own."""
    return f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def statuses() -> list[CameraStatus]:
    """The cameras that `ingest` has."""
    return [status_of("cam1")]


@pytest.fixture
def ingest(bus: str, statuses: list[CameraStatus]) -> Iterator[FakeIngest]:
    with fake_ingest(bus, *statuses) as running:
        yield running


@pytest.fixture
def replica(bus: str, ingest: FakeIngest, statuses: list[CameraStatus]) -> Iterator[Replica]:
    """A replica that knows the cameras of `ingest`."""
    assert ingest
    with running_replica(bus) as running:
        wait_until(lambda: running.known_cameras() >= {status.camera for status in statuses}, "the cameras are known")
        yield running


@pytest.fixture
def lonely_replica(bus: str) -> Iterator[Replica]:
    """A replica whose bus has no ingest."""
    with running_replica(bus) as running:
        yield running
