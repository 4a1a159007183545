"""The stream that all client tests read."""

from collections.abc import Iterator

import pytest

from tests.clients.moving import MovingStream, moving_stream


@pytest.fixture(scope="module")
def stream() -> Iterator[MovingStream]:
    with moving_stream() as running:
        yield running
