"""The gateway's own process before real replicas: viewers' addresses, limits and passwords hold."""

import signal
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.stream.gateway.__main__ import listen_for_replicas
from shared.errors import ConfigurationError
from tests.stream.gateway.ends import running_gateway
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.services import ALONE, ROOT, ServiceProcess
from tests.support.waiting import wait_until
from tests.web.support import VIEWER, basic

MODULE = "services.stream.gateway"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "socket"


def test_the_process_serves_a_replicas_pages_and_ends_at_once(bus: str, path: Path, tmp_path: Path) -> None:
    """`python -m services.stream.gateway`, until SIGTERM."""
    port = free_port()
    with ExitStack() as stack:
        gateway = ServiceProcess(MODULE, {"GATEWAY_SOCKET": str(path), "STREAM_PORT": str(port)}, tmp_path / "log")
        stack.callback(gateway.stop)
        stack.enter_context(running_replica(bus, settings={"gateway_socket": path}))
        wait_until(lambda: "replica found" in gateway.output(), "the gateway has the replica")
        viewer = stack.enter_context(Viewer(port))
        wait_until(lambda: viewer.last is not None, "a placeholder comes")
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(5) == 0
        # The picture's way is not through the gateway.
        seen = viewer.last
        wait_until(lambda: viewer.last is not seen, "pictures go on without it")


def test_viewers_are_spread_over_the_replicas(bus: str, path: Path) -> None:
    """Streams stay where they are; new ones go where the fewest are."""
    settings = {"gateway_socket": path}
    with running_gateway(path) as gateway, ExitStack() as stack:
        for viewers, expected in ((2, [2]), (4, [3, 3]), (3, [3, 3, 3])):
            stack.enter_context(running_replica(bus, settings=settings))
            gateway.wait_for_replicas(len(expected))
            for _ in range(viewers):
                stack.enter_context(Viewer(gateway.port))
            wait_until(lambda: gateway.spread() == expected, "the replicas are even")  # noqa: B023 asked at once


def test_a_viewers_own_address_counts_and_not_what_it_claims(bus: str, path: Path) -> None:
    """Wrong passwords from one address make it wait, and no other; a forwarding header changes nothing."""
    settings = {"gateway_socket": path, "viewer_password": VIEWER}
    with running_gateway(path) as gateway, running_replica(bus, settings=settings):

        def status(guess: str, source: str, claimed: str = "198.51.100.1") -> int:
            headers = basic(guess) | {"X-Forwarded-For": claimed}
            return gateway.get("/api/devices", source, **headers)[0]

        guesses = [status(f"guess {n}", "127.0.0.2", f"198.51.100.{n}") for n in range(7)]
        assert guesses == [401] * 5 + [429] * 2
        assert status(VIEWER, "127.0.0.3", "127.0.0.2") == 200
        assert gateway.get("/api/devices", "127.0.0.3")[0] == 401


def test_a_proxys_word_counts_from_its_own_connection_alone(bus: str, path: Path) -> None:
    """The gateway reads no header and takes none away. The replica sees who connected: the proxy, or anybody."""
    secret = "between-the-proxy-and-us"  # noqa: S105 the test's own
    settings = {"gateway_socket": path, "sign_on_proxies": "127.0.0.2", "sign_on_secret": secret}
    said = {"Remote_User": "alice", "X_Sign_On_Secret": secret}  # sent with hyphens
    with running_gateway(path) as gateway, running_replica(bus, settings=settings):
        assert gateway.get("/api/devices", "127.0.0.2", **said)[0] == 200
        assert gateway.get("/api/devices", "127.0.0.3", **said, X_Forwarded_For="127.0.0.2")[0] == 401


def test_its_socket_is_for_its_own_user_and_replaces_an_old_one(path: Path) -> None:
    """Who may connect there would get viewers' connections."""
    listen_for_replicas(path).close()
    with listen_for_replicas(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["no/such/directory/socket", "x" * 200], ids=["no directory", "too long"])
def test_a_path_without_a_socket_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    """The kernel takes paths of up to 107 bytes."""
    with pytest.raises(ConfigurationError, match=r"GATEWAY_SOCKET is '.*' but must be a path"):
        listen_for_replicas(tmp_path / name)


def test_without_its_setting_it_ends_with_code_2() -> None:
    """In one line that names the setting."""
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        cwd=ROOT,
        check=False,
        env=ALONE,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("GATEWAY_SOCKET is unset")
