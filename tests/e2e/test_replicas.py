"""More replicas, fewer, other addresses and cut networks: what viewers notice of it."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.e2e.compose import ComposeStack, docker
from tests.e2e.conftest import Audience
from tests.support.mjpeg import Viewer
from tests.support.waiting import wait_until

FINDS_AGAIN_SECONDS = 5.0
CUT_SECONDS = 30.0
_IS_STREAMING = (
    "import json, urllib.request as r;"
    "print(json.load(r.urlopen('http://127.0.0.1:8001/api/camera/stream/status', timeout=2)).get('is_streaming'))"
)

_ANSWERING = """
import socket, urllib.request
def answers(address):
    try:
        return urllib.request.urlopen(f"http://{address}:8001/healthz", timeout=2).status == 200
    except OSError:
        return False
try:
    addresses = {found[4][0] for found in socket.getaddrinfo("stream", 8001)}
except OSError:
    addresses = set()
print(sum(map(answers, addresses)))
"""


def is_live(viewer: Viewer) -> bool:
    return viewer.last is not None and viewer.last.is_live


def count_is(stack: ComposeStack, expected: int) -> None:
    wait_until(lambda: stack.status().get("viewer_count") == expected, f"{expected} are counted", 10)


def test_new_viewers_go_where_the_fewest_are_and_one_camera_serves_all(stack: ComposeStack, audience: Audience) -> None:
    """From one replica to four: balanced, counted over all, and the camera is pulled once throughout."""
    sessions = stack.rtsp_sessions()
    viewers = audience.join(10)
    replicas = stack.scale(4)
    assert len(replicas) == 4
    gateway_has_had_time_to_find(stack, 4)
    viewers += audience.join(30)
    stack.wait_for_spread([10, 10, 10, 10], replicas)
    count_is(stack, 40)
    for viewer in viewers:
        wait_until(lambda: is_live(viewer), "a live picture")  # noqa: B023 asked at once
    assert stack.rtsp_sessions() == sessions


def gateway_has_had_time_to_find(stack: ComposeStack, replicas: int) -> None:
    """Return once each of the replicas answers under its service's name, and the gateway has had its five seconds."""
    archiver = stack.container("archiver")
    wait_until(lambda: stack.run_python(archiver, _ANSWERING) == str(replicas), f"{replicas} replicas answer", 20)
    pass_time(FINDS_AGAIN_SECONDS)


def pass_time(seconds: float) -> None:
    """Where the time itself is what is promised."""
    began_at = time.monotonic()
    wait_until(lambda: time.monotonic() - began_at >= seconds, "the time passes", seconds + 5)


def test_a_killed_replica_loses_its_own_viewers_and_they_find_another(stack: ComposeStack, audience: Audience) -> None:
    """Nobody else notices."""
    replicas = stack.scale(2)
    gateway_has_had_time_to_find(stack, 2)
    viewers = audience.join(6)
    stack.wait_for_spread([3, 3], replicas)
    docker("kill", replicas[0])
    wait_until(lambda: sum(viewer.ended.is_set() for viewer in viewers) == 3, "its three are cut")
    returned = audience.join(3)
    for viewer in returned:
        wait_until(lambda: is_live(viewer), "a live picture again")  # noqa: B023 asked at once
    assert sum(viewer.ended.is_set() for viewer in viewers) == 3
    count_is(stack, 6)


def test_replicas_restarted_one_by_one_keep_a_viewer_who_comes_back(stack: ComposeStack) -> None:
    """An update without an outage: a page that reconnects at once sees no pause worth the name."""
    replicas = stack.scale(2)
    gateway_has_had_time_to_find(stack, 2)
    with reconnecting_viewer(stack.port) as arrivals:
        wait_until(lambda: arrivals, "a picture")
        for replica in replicas:
            docker("restart", "-t", "5", replica)
            wait_until(lambda: _answers(replica), "it is back", 20)  # noqa: B023 asked at once
        count = len(arrivals)
        wait_until(lambda: len(arrivals) > count + 30, "pictures go on")
    longest_pause = max(later - earlier for earlier, later in itertools.pairwise(arrivals))
    assert longest_pause < FINDS_AGAIN_SECONDS


def _answers(replica: str) -> bool:
    try:
        return docker("exec", replica, "python", "-c", _IS_STREAMING) == "True"
    except AssertionError:
        return False


@contextmanager
def reconnecting_viewer(port: int) -> Iterator[list[float]]:
    """The times at which live pictures came, over however many connections."""
    arrivals: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            with suppress(OSError, AssertionError, http.client.HTTPException), Viewer(port) as viewer:
                seen = None
                while not over.is_set() and not viewer.ended.is_set():
                    if (part := viewer.last) is not None and part is not seen and part.is_live:
                        seen = part
                        arrivals.append(part.received_at)
                    over.wait(0.02)
            over.wait(0.2)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield arrivals
    finally:
        over.set()
        thread.join()


def test_ingest_comes_back_at_another_address_and_is_found(stack: ComposeStack, audience: Audience) -> None:
    """Names are asked anew; a viewer who stayed sees live pictures again."""
    (viewer,) = audience.join(1)
    wait_until(lambda: is_live(viewer), "a live picture")
    before = stack.address(stack.container("ingest"))
    stack.compose("rm", "-sf", "ingest")
    squatter = docker(
        *("run", "-d", "--rm", "--network", f"{stack.project}_default", "--entrypoint", "python", "framecast-stream"),
        *("-c", "import time; time.sleep(60)"),
    )
    try:
        stack.compose("up", "-d", "--no-build", "ingest")
        ingest = stack.container("ingest")
        assert stack.address(ingest) != before
        docker("exec", ingest, "python", "-m", "services.ingest.health")
        wait_until(lambda: stack.status().get("is_streaming"), "stream has found it", FINDS_AGAIN_SECONDS)
        wait_until(lambda: is_live(viewer), "a live picture again")
        assert not viewer.ended.is_set()
    finally:
        docker("kill", squatter)


def test_a_replica_cut_off_for_half_a_minute_finds_back(stack: ComposeStack) -> None:
    """TCP alone would wait longer and longer between its attempts."""
    replica = stack.container("stream")
    network = f"{stack.project}_default"
    docker("network", "disconnect", network, replica)
    pass_time(CUT_SECONDS)
    docker("network", "connect", "--alias", "stream", network, replica)
    wait_until(lambda: _answers(replica), "it hears ingest again", FINDS_AGAIN_SECONDS)
    wait_until(lambda: stack.status().get("is_streaming"), "and the gateway hears it", FINDS_AGAIN_SECONDS)


@pytest.mark.parametrize(
    "order", [("gateway", "archiver", "stream", "ingest"), ("ingest", "archiver", "stream", "gateway")]
)
def test_services_start_in_any_order(stack: ComposeStack, order: tuple[str, ...]) -> None:
    """As after a power cut: none waits for another to be there first."""
    stack.compose("stop", "-t", "5", *order)
    for service in order:
        stack.compose("start", service)
    stack.wait_until_live(20)
    wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "the archive answers", 15)
