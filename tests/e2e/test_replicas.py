"""More replicas, fewer replicas, changed addresses and cut networks, as viewers see them."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.e2e.compose import PATIENCE_SECONDS, ComposeStack, docker
from tests.e2e.conftest import Audience
from tests.e2e.figures import note, timed
from tests.support.mjpeg import Viewer
from tests.support.waiting import wait_until

CUT_SECONDS = 30.0
_IS_STREAMING = (
    "import json, urllib.request as r;"
    "print(json.load(r.urlopen('http://127.0.0.1:8001/api/camera/stream/status', timeout=2)).get('is_streaming'))"
)


def is_live(viewer: Viewer) -> bool:
    return viewer.last is not None and viewer.last.is_live


def count_is(stack: ComposeStack, expected: int) -> None:
    wait_until(lambda: stack.status().get("viewer_count") == expected, f"{expected} are counted", PATIENCE_SECONDS)


def test_new_viewers_go_to_the_emptiest_replica_and_the_camera_is_pulled_once(
    stack: ComposeStack, audience: Audience
) -> None:
    """From one replica to four and back to two: viewers are balanced, and counted across all replicas."""
    sessions = stack.rtsp_sessions()
    viewers = audience.join(10)
    replicas = stack.scale(4)
    assert len(replicas) == 4
    stack.wait_for_replicas(4)
    viewers += audience.join(30)
    stack.wait_for_spread([10, 10, 10, 10], replicas)
    count_is(stack, 40)
    for viewer in viewers:
        wait_until(lambda: is_live(viewer), "a live picture", PATIENCE_SECONDS)  # noqa: B023 asked at once
    note("viewers by replica, 1 to 4", [stack.viewers_of(replica) for replica in replicas])
    replicas = stack.scale(2)
    wait_until(
        lambda: sum(viewer.ended.is_set() for viewer in viewers) == 20,
        "two replicas' viewers are cut",
        PATIENCE_SECONDS,
    )
    stack.wait_for_replicas(2)
    viewers += audience.join(20)
    stack.wait_for_spread([20, 20], replicas)
    note("viewers by replica, 4 to 2", [stack.viewers_of(replica) for replica in replicas])
    count_is(stack, 40)
    assert stack.rtsp_sessions() == sessions


def pass_time(seconds: float) -> None:
    """Let time pass, where the promise is about the time itself."""
    began_at = time.monotonic()
    wait_until(lambda: time.monotonic() - began_at >= seconds, "the time passes", seconds + 5)


def test_a_killed_replica_loses_its_own_viewers_and_they_find_another(stack: ComposeStack, audience: Audience) -> None:
    """The other replica's viewers notice nothing."""
    replicas = stack.scale(2)
    stack.wait_for_replicas(2)
    viewers = audience.join(6)
    stack.wait_for_spread([3, 3], replicas)
    docker("kill", replicas[0])
    wait_until(
        lambda: sum(viewer.ended.is_set() for viewer in viewers) == 3, "its three viewers are cut", PATIENCE_SECONDS
    )
    returned = audience.join(3)
    for viewer in returned:
        wait_until(lambda: is_live(viewer), "a live picture again", PATIENCE_SECONDS)  # noqa: B023 asked at once
    assert sum(viewer.ended.is_set() for viewer in viewers) == 3
    count_is(stack, 6)


def test_a_reconnecting_viewer_keeps_seeing_pictures_during_a_rolling_restart(stack: ComposeStack) -> None:
    """An update without an outage, for a page that reconnects at once. The longest pause is noted."""
    replicas = stack.scale(2)
    stack.wait_for_replicas(2)
    with reconnecting_viewer(stack.port) as arrivals:
        wait_until(lambda: arrivals, "a picture", PATIENCE_SECONDS)
        for replica in replicas:
            docker("restart", "-t", "5", replica)
            wait_until(lambda: _answers(replica), "it is back", PATIENCE_SECONDS)  # noqa: B023 asked at once
            stack.wait_for_replicas(2)
            count = len(arrivals)
            wait_until(lambda: len(arrivals) > count + 30, "pictures go on", PATIENCE_SECONDS)  # noqa: B023
    longest_pause = max(later - earlier for earlier, later in itertools.pairwise(arrivals))
    note("longest pause of a reconnecting viewer in a rolling restart", f"{longest_pause:.2f} s")
    assert longest_pause < PATIENCE_SECONDS


def _answers(replica: str) -> bool:
    try:
        return docker("exec", replica, "python", "-c", _IS_STREAMING) == "True"
    except AssertionError:
        return False


@contextmanager
def reconnecting_viewer(port: int) -> Iterator[list[float]]:
    """A viewer that reconnects whenever its stream ends; yields the arrival times of live pictures."""
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
    """Stream looks the name up again. A connected viewer stays connected and sees live pictures again."""
    (viewer,) = audience.join(1)
    wait_until(lambda: is_live(viewer), "a live picture", PATIENCE_SECONDS)
    before = stack.address(stack.container("ingest"))
    stack.compose("rm", "-sf", "ingest")
    squatter = docker(
        *("run", "-d", "--rm", "--network", stack.network(), "--entrypoint", "python", "framecast-stream"),
        *("-c", "import time; time.sleep(60)"),
    )
    try:
        stack.compose("up", "-d", "--no-build", "ingest")
        ingest = stack.container("ingest")
        assert stack.address(ingest) != before
        wait_until(lambda: _is_healthy(ingest), "ingest sends status", PATIENCE_SECONDS)
        with timed("stream finds ingest at another address, after its first status"):
            wait_until(lambda: stack.status().get("is_streaming"), "stream has found it", PATIENCE_SECONDS)
        wait_until(lambda: is_live(viewer), "a live picture again", PATIENCE_SECONDS)
        assert not viewer.ended.is_set()
    finally:
        docker("kill", squatter)


def _is_healthy(ingest: str) -> bool:
    try:
        docker("exec", ingest, "python", "-m", "services.ingest.health")
    except AssertionError:
        return False
    return True


def test_a_replica_reconnects_after_half_a_minute_without_network(stack: ComposeStack) -> None:
    """TCP alone would wait longer and longer between its attempts."""
    replica = stack.container("stream")
    for network in ("default", "control"):
        docker("network", "disconnect", stack.network(network), replica)
    pass_time(CUT_SECONDS)
    for network in ("default", "control"):
        docker("network", "connect", "--alias", "stream", stack.network(network), replica)
    with timed("a replica cut off for 30 s hears ingest again"):
        wait_until(lambda: _answers(replica), "the replica hears ingest again", PATIENCE_SECONDS)
    wait_until(lambda: stack.status().get("is_streaming"), "viewers see it", PATIENCE_SECONDS)


@pytest.mark.parametrize(
    "order",
    [
        ("gateway", "archiver", "stream", "ingest"),
        ("ingest", "archiver", "stream", "gateway"),
        ("stream", "gateway", "ingest", "archiver"),
    ],
    ids=lambda order: order[0],
)
def test_recreated_services_find_each_other_in_any_order(stack: ComposeStack, order: tuple[str, ...]) -> None:
    """As after a power cut: no service depends on another's start, and each may get an address that another had."""
    stack.compose("rm", "-sf", *order)
    for service in order:
        stack.compose("up", "-d", "--no-build", "--no-deps", service)
    with timed(f"live after the start of {order[-1]}, the last of {', '.join(order)}"):
        stack.wait_until_live()
    wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "the archive answers", PATIENCE_SECONDS)
