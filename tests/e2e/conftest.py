"""These tests need a Docker engine and the images, which `scripts/e2e` sees to; `scripts/test` leaves them out."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.compose import ROOT, ComposeStack
from tests.support.mjpeg import Viewer

LOGS = ROOT / "test-results/e2e.log"
collect_ignore_glob = [] if os.environ.get("FRAMECAST_E2E") else ["test_*.py"]


@pytest.fixture(scope="session")
def running_stack() -> Iterator[ComposeStack]:
    """One replica and a real RTSP camera, for all tests of a run; .env.example stands for a copy made of it."""
    stack = ComposeStack("framecast-e2e", "demo-camera", env_file=".env.example", CAMERA_CAPTURE_INTERVAL="10")
    stack.down("-v")
    try:
        stack.up()
        yield stack
    finally:
        LOGS.parent.mkdir(exist_ok=True)
        LOGS.write_text(stack.compose("logs", "--no-color"))
        stack.down("-v")


@pytest.fixture
def stack(running_stack: ComposeStack) -> ComposeStack:
    """As it was at first, whatever the test before did to it."""
    running_stack.up("--scale", "stream=1")
    running_stack.wait_until_live()
    return running_stack


@pytest.fixture
def audience(stack: ComposeStack) -> Iterator["Audience"]:
    """Viewers who come through the gateway, and leave at the end."""
    with ExitStack() as viewers:
        yield Audience(stack, viewers)


class Audience:
    def __init__(self, stack: ComposeStack, viewers: ExitStack) -> None:
        self._stack = stack
        self._viewers = viewers

    def join(self, count: int) -> list[Viewer]:
        return [self._viewers.enter_context(Viewer(self._stack.port)) for _ in range(count)]
