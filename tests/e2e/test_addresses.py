"""Viewers on another host, by each way into the stack: their own addresses count, and limits and passwords hold."""

import http.client
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.e2e.compose import HERE, PATIENCE_SECONDS, ComposeStack
from tests.support.hosts import Host, guest
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.waiting import wait_until

PASSWORD = "look-at-the-garden"  # noqa: S105 of a stack that lives for one test
INVENTED = "203.0.113.7"
MOST = 3
FREE_GUESSES = 5


@dataclass(frozen=True, slots=True)
class Way:
    """A stack that other hosts reach, and one of them."""

    stack: ComposeStack
    viewer: Host
    address: str
    replicas: int

    def ask(self, path: str, password: str = PASSWORD) -> tuple[int, bytes]:
        """The status that the other host gets, and the beginning of the answer. It claims another address."""
        credentials = b64encode(f"anybody:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "X-Forwarded-For": INVENTED, "Forwarded": f"for={INVENTED}"}
        with self.viewer.inside():
            connection = http.client.HTTPConnection(self.address, self.stack.port, timeout=20)
            connection.connect()
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(500)
        finally:
            connection.close()


@pytest.fixture(scope="module", params=["compose", "3 replicas", "https"])
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    settings = {
        "PUBLISH_ADDRESS": "0.0.0.0",  # noqa: S104 for the other host
        "VIEWER_PASSWORD": PASSWORD,
        "STREAM_MAX_VIEWERS_PER_ADDRESS": str(MOST),
        "SITE_ADDRESS": "localhost",
        "HTTPS_PORT": str(free_port()),
    }
    overlays = ["https"] if request.param == "https" else []
    more = [HERE / "other-ports.yml"] if overlays else []
    replicas = 3 if request.param == "3 replicas" else 1
    stack = ComposeStack("addresses", *overlays, settings=settings, more_files=more)
    try:
        stack.up("--scale", f"stream={replicas}")
        stack.password = PASSWORD
        stack.wait_until_live()
        if not overlays:
            stack.wait_for_replicas(replicas)
        with guest() as (viewer, address):
            yield Way(stack, viewer, address, replicas)
    finally:
        stack.__exit__()


def test_a_host_that_guesses_waits_and_no_other_does(way: Way) -> None:
    """Each replica counts by itself. The log names the address that guessed, not the one that it claimed."""
    assert way.ask("/api/devices")[0] == 200
    guesses = [way.ask("/api/devices", f"guess number {n}")[0] for n in range((FREE_GUESSES + 2) * way.replicas)]
    assert set(guesses) == {401, 429}
    assert guesses.count(401) >= FREE_GUESSES
    for _ in range(way.replicas):
        assert way.stack.ask("GET", "/api/devices", PASSWORD).status == 200
    addresses = {line["address"] for line in way.stack.logged("stream") if line["event"] == "login failed"}
    assert addresses == {way.viewer.address}


def test_the_limit_on_streams_counts_the_viewers_own_address(way: Way) -> None:
    """On each replica, whatever the viewers claim. This machine's viewers are others."""
    credentials = b64encode(f"anybody:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "X-Forwarded-For": INVENTED}

    def is_refused() -> bool:
        status, body = way.ask("/api/camera/stream")
        return status == 429 and b"STREAM_MAX_VIEWERS_PER_ADDRESS" in body

    wait_until(lambda: way.ask("/api/devices")[0] == 200, "wrong guesses are forgiven", PATIENCE_SECONDS)
    with ExitStack() as viewers:
        for _ in range(MOST * way.replicas):
            with way.viewer.inside():
                viewers.enter_context(Viewer(way.stack.port, headers=headers, host=way.address))
        wait_until(is_refused, "one more is refused", PATIENCE_SECONDS)
        viewers.enter_context(Viewer(way.stack.port, headers=headers))


def test_the_archive_answers_at_the_same_address(way: Way) -> None:
    """Through stream's own forwarding, or Caddy's."""
    for path in ("/api/camera/frames", "/api/camera/retention"):
        wait_until(lambda: way.ask(path)[0] == 200, f"{path} answers", PATIENCE_SECONDS)  # noqa: B023 asked at once
