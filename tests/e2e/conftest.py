"""These tests need a Docker engine and the images. `scripts/e2e` provides both; `scripts/test` ignores these tests."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.compose import ROOT, ComposeStack, docker, host_address, remove_projects
from tests.e2e.figures import NOTED
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port

CLIENTS = ("stream", "archiver", "attic")
"""Who has keys for the bus and for control."""
VIEWER_PASSWORD, OPERATOR_PASSWORD = "look-at-the-garden", "and-also-dig-in-it"
collect_ignore_glob = [] if os.environ.get("FRAMECAST_E2E") else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in NOTED:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Remove what a killed earlier run left, and at the end what this run left."""
    remove_projects()
    yield
    remove_projects()


@pytest.fixture(scope="session")
def running_stack() -> Iterator[ComposeStack]:
    """One replica and a real RTSP camera, for all tests of a run. .env.example serves as the user's .env."""
    example = str(ROOT / ".env.example")
    settings = {"CAMERA_CAPTURE_INTERVAL": "10"}
    with ComposeStack("camera", "demo-camera", env_file=example, settings=settings) as stack:
        yield stack


@pytest.fixture
def stack(running_stack: ComposeStack) -> ComposeStack:
    """The running stack with one replica and a live camera, as before the previous test changed it."""
    running_stack.up("--scale", "stream=1")
    running_stack.wait_until_live()
    return running_stack


@pytest.fixture(scope="session")
def locked_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """Everything locked: passwords in files, and keys on a bus that other hosts can reach."""
    directory = tmp_path_factory.mktemp("checkout")
    (directory / "config").mkdir()
    (directory / "keys").mkdir()
    for name, password in (("viewer", VIEWER_PASSWORD), ("operator", OPERATOR_PASSWORD)):
        (directory / "config" / name).write_text(f"{password}\n")
    docker(
        *("run", "--rm", "--user", "0", "--entrypoint", "python", "-v", f"{directory}/keys:/keys", "framecast-ingest"),
        *("-m", "shared.bus_keys", "/keys", "--owner", "10001", *CLIENTS),
        *(f"--control={client}" for client in CLIENTS),
    )
    settings = {
        "VIEWER_PASSWORD_FILE": "config/viewer",
        "OPERATOR_PASSWORD_FILE": "config/operator",
        "BUS_PUBLISH_ADDRESS": host_address(),
        "BUS_PUBLISH_PORT": str(free_port()),
        "BUS_CONTROL_PUBLISH_PORT": str(free_port()),
        "CAMERA_CAPTURE_INTERVAL": "5",
    }
    with ComposeStack("locked", "bus", directory=directory, settings=settings) as stack:
        stack.password = VIEWER_PASSWORD
        yield stack


@pytest.fixture
def keys(locked_stack: ComposeStack) -> Path:
    """The directory with the bus keys of the locked stack."""
    return locked_stack.directory / "keys"


@pytest.fixture
def audience(stack: ComposeStack) -> Iterator["Audience"]:
    """Viewers through the gateway; they disconnect at the end of the test."""
    with ExitStack() as viewers:
        yield Audience(stack, viewers)


class Audience:
    def __init__(self, stack: ComposeStack, viewers: ExitStack) -> None:
        self._stack = stack
        self._viewers = viewers

    def join(self, count: int) -> list[Viewer]:
        return [self._viewers.enter_context(Viewer(self._stack.port)) for _ in range(count)]
