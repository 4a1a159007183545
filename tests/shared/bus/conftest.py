"""What the tests of the bus's sockets share."""

import pytest

from tests.support.ports import free_port


@pytest.fixture
def address() -> str:
    """An address of loopback that nothing is bound to yet."""
    return f"tcp://127.0.0.1:{free_port()}"
