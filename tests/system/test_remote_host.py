"""A replica on a second host, as in deploy/remote-stream: a bus with keys, over a link that can be cut."""

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.bus.keys import make_keys
from tests.support.hosts import Host, two_hosts
from tests.support.mjpeg import Viewer
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.hosts
BUS_PORT, STREAM_PORT = 25555, 28001
CUT_SECONDS = 8.0


class Replica:
    """A stream process on a host."""

    def __init__(self, host: Host, process: ServiceProcess, port: int = STREAM_PORT) -> None:
        self.process = process
        self._host = host
        self._port = port

    def status(self) -> dict[str, Any]:
        """The replica's status; empty while it does not answer."""
        with self._host.inside():
            try:
                address = f"http://127.0.0.1:{self._port}/api/camera/stream/status"
                with urllib.request.urlopen(address, timeout=30) as answer:
                    body: dict[str, Any] = json.load(answer)
            except OSError:
                return {}
        return body

    @contextmanager
    def viewer(self) -> Iterator[Viewer]:
        with ExitStack() as stack:
            with self._host.inside():
                viewer = stack.enter_context(Viewer(self._port))
            yield viewer

    def wait_for(self, *, timeout_seconds: float = 20, **members: object) -> None:
        wait_until(lambda: members.items() <= self.status().items(), f"the status has {members}", timeout_seconds)


@contextmanager
def running(host: Host, module: str, environment: dict[str, str], log: Path) -> Iterator[ServiceProcess]:
    with host.inside():
        process = ServiceProcess(module, environment, log)
    try:
        yield process
    finally:
        process.stop()


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    with two_hosts() as made:
        yield made


@pytest.fixture
def replicas(hosts: tuple[Host, Host], tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    """Ingest and a replica on one host, a replica on the other. Both replicas know the camera."""
    keys = tmp_path / "keys"
    make_keys(keys, ("stream", "attic"))
    bus = f"tcp://{hosts[0].address}:{BUS_PORT}"
    ingest = {
        "BUS_BIND": bus,
        "BUS_SERVER_SECRET_FILE": str(keys / "server/server.secret"),
        "BUS_AUTHORIZED_KEYS": str(keys / "server/authorized"),
        "CAMERA_FPS": "10",
    }
    with ExitStack() as stack:
        stack.enter_context(running(hosts[0], "services.ingest", ingest, tmp_path / "ingest.log"))
        made = []
        for host, client in zip(hosts, ("stream", "attic"), strict=True):
            environment = {
                "BUS_CONNECT": bus,
                "BUS_SERVER_KEY_FILE": str(keys / client / "server.key"),
                "BUS_CLIENT_SECRET_FILE": str(keys / client / "client.secret"),
                "STREAM_PORT": str(STREAM_PORT),
            }
            log = tmp_path / f"{client}.log"
            made.append(Replica(host, stack.enter_context(running(host, "services.stream", environment, log))))
        for replica in made:
            replica.wait_for(is_streaming=True)
        yield made[0], made[1]


def test_a_second_hosts_viewers_see_the_camera_and_are_counted(replicas: tuple[Replica, Replica]) -> None:
    """Both replicas show the camera, and both report the sum of all viewers."""
    here, there = replicas
    with here.viewer() as neighbour, there.viewer() as first, there.viewer() as second:
        viewers = (neighbour, first, second)
        wait_until(lambda: all(len(viewer.parts) >= 5 for viewer in viewers), "pictures arrive")
        assert all(viewer.parts[-1].is_live for viewer in viewers)
        for replica in replicas:
            replica.wait_for(viewer_count=3)
    for replica in replicas:
        replica.wait_for(viewer_count=0)


def test_a_cut_link_is_reported_and_recovers_by_itself(
    hosts: tuple[Host, Host], replicas: tuple[Replica, Replica]
) -> None:
    """During the cut, far viewers see a marked picture and are not counted. Afterwards all is back within 5 s."""
    here, there = replicas
    with here.viewer() as near, there.viewer() as far:
        here.wait_for(viewer_count=2)
        hosts[1].set_link("down")
        cut_at = time.monotonic()
        there.wait_for(state="unknown")
        here.wait_for(viewer_count=1)
        # Long enough for TCP's retransmissions to become rare, and for both ends to give the connection up.
        shown = len(near.parts)
        wait_until(lambda: time.monotonic() > cut_at + CUT_SECONDS, "the cut lasts", 2 * CUT_SECONDS)
        assert not far.parts[-1].is_live
        assert len(near.parts) > shown
        assert near.parts[-1].is_live
        hosts[1].set_link("up")
        there.wait_for(is_streaming=True, timeout_seconds=5)
        wait_until(lambda: far.parts[-1].is_live, "the far viewer sees it live")
        here.wait_for(viewer_count=2)


@pytest.mark.parametrize("has_keys", [False, True])
def test_a_second_host_that_is_not_authorized_sees_no_camera(
    hosts: tuple[Host, Host], replicas: tuple[Replica, Replica], tmp_path: Path, *, has_keys: bool
) -> None:
    """Neither without keys nor with keys that it made itself. Ingest's log reports the refusal."""
    make_keys(tmp_path / "own", ("stream",))
    port = STREAM_PORT + 1
    environment = {"BUS_CONNECT": f"tcp://{hosts[0].address}:{BUS_PORT}", "STREAM_PORT": str(port)}
    reason = "it came without keys"
    if has_keys:
        environment["BUS_SERVER_KEY_FILE"] = str(tmp_path / "keys/stream/server.key")
        environment["BUS_CLIENT_SECRET_FILE"] = str(tmp_path / "own/stream/client.secret")
        reason = f"the key shown from {hosts[1].address} is not authorized"
    ingest_log = tmp_path / "ingest.log"
    with running(hosts[1], "services.stream", environment, tmp_path / "stranger.log") as process:
        wait_until(lambda: reason in ingest_log.read_text(), reason)
        stranger = Replica(hosts[1], process, port)
        wait_until(stranger.status, "the replica answers")
        assert stranger.status()["state"] == "unknown"
        assert stranger.status()["camera"] is None
    assert replicas[1].status()["is_streaming"]
