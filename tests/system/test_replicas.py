"""Several replicas and many viewers: counting, stopping, and running out of files."""

import http.client
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from shared.file_limit import raise_file_limit
from tests.support.bus import fake_ingest, status_of
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.services import ServiceProcess, Stack
from tests.support.waiting import PATIENCE, wait_until

MANY = 1000


@contextmanager
def second_replica(stack: Stack, directory: Path) -> Iterator[tuple[ServiceProcess, int]]:
    """Run another stream process beside the stack's own; yield it and its port."""
    port = free_port()
    replica = ServiceProcess(
        "services.stream", stack.environment | {"STREAM_PORT": str(port)}, directory / "second.log"
    )
    try:
        yield replica, port
    finally:
        replica.stop()


def test_viewers_are_counted_across_replicas_even_if_a_service_dies(tmp_path: Path) -> None:
    """The count is right seconds after viewers join, a replica freezes or dies, or ingest restarts."""

    def count_is(expected: int) -> None:
        wait_until(lambda: stack.status()["viewer_count"] == expected, f"{expected} are counted", 3.5)

    with Stack(tmp_path) as stack, ExitStack() as viewers:
        for _ in range(2):
            viewers.enter_context(Viewer(stack.stream_port))
        count_is(2)
        with second_replica(stack, tmp_path) as (second, port):
            wait_until(lambda: _answers(port), "the second replica answers")
            for _ in range(3):
                viewers.enter_context(Viewer(port))
            count_is(5)
            stack.services["ingest"].signal(signal.SIGKILL)
            stack.services["ingest"].wait(5)
            stack.start("ingest")
            stack.wait_for_state("live", "idle")
            count_is(5)
            second.signal(signal.SIGSTOP)
            count_is(2)
            second.signal(signal.SIGCONT)
            count_is(5)
            second.signal(signal.SIGKILL)
            count_is(2)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_served(port: int) -> bool:
    """Whether one more viewer gets a picture."""
    try:
        with Viewer(port) as viewer:
            return bool(wait_until(lambda: viewer.parts, "a picture"))
    except (OSError, http.client.HTTPException):
        return False


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[tuple[ServiceProcess, int]]:
    """A stream process whose camera is live but sends no frames, so its viewers see a placeholder."""
    port, bus = free_port(), f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, status_of("cam1")) as ingest:
        environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port), "STREAM_MAX_VIEWERS": "5000"}
        process = ServiceProcess("services.stream", environment, tmp_path / "stream.log")
        try:
            wait_until(lambda: _answers(port), "stream accepts connections")
            wait_until(lambda: any(topic.startswith(b"status/") for topic in ingest.topics), "stream hears the bus")
            yield process, port
        finally:
            process.stop()


def test_stream_stops_in_time_with_a_thousand_viewers(replica: tuple[ServiceProcess, int]) -> None:
    """All responses end. Stream does not wait for viewers that do not read."""
    process, port = replica
    raise_file_limit()
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(MANY)]
        for client in clients:
            client.sendall(b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        for client in clients:
            assert client.recv(12) == b"HTTP/1.1 200"
        process.signal(signal.SIGTERM)
        assert process.wait(3 * PATIENCE) == 0


def test_stream_serves_viewers_again_after_it_ran_out_of_files(replica: tuple[ServiceProcess, int]) -> None:
    """After a flood of connections, the next viewer is served."""
    process, port = replica
    in_use = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (in_use + 20, in_use + 20))
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        wait_until(lambda: not _is_served(port), "stream has run out of files")
    wait_until(lambda: _is_served(port), "viewers are served again")
    assert process.is_running()
