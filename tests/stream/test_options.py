"""What a viewer may ask for, and what it may not do: widths, rates, adapting, limits."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from itertools import pairwise

import pytest

from shared.bus.frames import Frame
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

MAIN, NARROW = b"frame/cam1/main/", b"frame/cam1/32/"


@pytest.fixture
def bus() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def ingest(bus: str) -> Iterator[FakeIngest]:
    with fake_ingest(bus, status_of("cam1", widths=(16, 32, 640))) as running:
        yield running


@pytest.fixture
def replica(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, max_viewers=3, stall_seconds=1.5) as running:
        wait_until(running.knows_a_camera, "the camera is known")
        yield running


def large_frame(sequence: int, rendition: str = "main", size: int = 200_000) -> Frame:
    """A frame that fills buffers. Its inside is no picture, which nobody here looks at."""
    jpeg = b"\xff\xd8\xff" + bytes(size) + b"\xff\xd9"
    return frame_of("cam1", sequence, rendition=rendition)._replace(jpeg=jpeg)


def reluctant_client(port: int, path: str = "/api/camera/stream") -> socket.socket:
    """A viewer that reads nothing unless told to, and whose kernel buffers little for it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return client


def read_to_the_end(client: socket.socket) -> None:
    while client.recv(65536):
        pass


def test_a_width_is_a_rendition_of_its_own_on_the_bus(replica: Replica, ingest: FakeIngest) -> None:
    """Subscribed to while somebody watches it, and given up within five seconds."""
    with Viewer(replica.port, "/api/camera/stream?width=32") as viewer:
        wait_until(lambda: NARROW in ingest.topics, "it is subscribed to")
        assert MAIN not in ingest.topics
        ingest.show(frame_of("cam1", rendition="32"))
        wait_until(lambda: viewer.parts and viewer.parts[-1].picture.shape == (24, 32, 3), "it came at that width")
    wait_until(lambda: NARROW not in ingest.topics, "it is given up", 5)


def test_a_width_that_is_not_offered_is_422_and_names_those_that_are(replica: Replica) -> None:
    """Nobody can make ingest encode at will."""
    status, body = replica.json("/api/camera/stream?width=33")
    assert status == 422
    assert body["detail"] == "'width' is 33 but must be one of those offered: 16, 32, 640."


def test_a_width_beyond_the_cameras_is_its_own_size(replica: Replica, ingest: FakeIngest) -> None:
    """Never enlarged."""
    with Viewer(replica.port, "/api/camera/stream?width=640"):
        wait_until(lambda: MAIN in ingest.topics, "its own size is subscribed to")


@pytest.mark.parametrize("query", ["fps=0", "fps=many", "width=-1", "quality=best"])
def test_a_bad_option_is_422_in_words(query: str, replica: Replica) -> None:
    """It names the option."""
    status, body = replica.json(f"/api/camera/stream?{query}")
    assert status == 422
    assert body["detail"].startswith(f"'{query.split('=', maxsplit=1)[0]}' is not valid: ")


def test_a_rate_thins_one_viewer_and_no_other(replica: Replica, ingest: FakeIngest) -> None:
    """Ten seconds' worth of frames for a viewer who wants two a second."""
    with Viewer(replica.port, "/api/camera/stream?fps=2") as thrifty, Viewer(replica.port) as other:
        wait_until(lambda: MAIN in ingest.topics, "it is subscribed to")
        until, sequence = time.monotonic() + 3, 0
        while time.monotonic() < until:
            sequence += 1
            ingest.show(frame_of("cam1", sequence))
            wait_until(lambda: len(other.parts) >= sequence, "the other has it")  # noqa: B023 called at once
            time.sleep(0.02)
        assert 5 <= len(thrifty.parts) <= 8
        gaps = [later.received_at - earlier.received_at for earlier, later in pairwise(thrifty.parts)]
        assert all(0.4 < gap < 0.7 for gap in gaps[1:])


def test_a_viewer_beyond_the_limit_is_asked_to_come_later(replica: Replica) -> None:
    """And there is room again when one has left."""
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(Viewer(replica.port))
        status, headers, body = replica.request("/api/camera/stream")
        assert (status, headers["retry-after"]) == (503, "5")
        assert b"as many viewers as it takes" in body
        assert replica.request("/healthz")[0] == 200
    wait_until(lambda: not replica.hub.is_full, "they have left")
    with Viewer(replica.port):
        pass


def test_a_viewer_who_takes_nothing_is_cut_and_one_who_takes_little_is_not(
    replica: Replica, ingest: FakeIngest
) -> None:
    """Slow is no fault. Neither delays a third, who gets every frame."""
    with closing(reluctant_client(replica.port)) as stuck, closing(reluctant_client(replica.port)) as slow:
        with Viewer(replica.port) as healthy:
            wait_until(lambda: replica.hub.viewer_count("cam1") == 3, "all are there")
            sequence = 0

            def show_and_read_a_little() -> None:
                nonlocal sequence
                sequence += 1
                ingest.show(large_frame(sequence))
                slow.recv(2000)
                wait_until(lambda: len(healthy.parts) >= sequence, "the healthy one has it", 2)

            def stuck_is_cut() -> bool:
                show_and_read_a_little()
                return replica.hub.viewer_count("cam1") == 2

            wait_until(stuck_is_cut, "the stuck one is cut", 8)
            for _ in range(60):
                show_and_read_a_little()
            assert replica.hub.viewer_count("cam1") == 2
        stuck.settimeout(2)
        with pytest.raises(ConnectionResetError):
            read_to_the_end(stuck)


def test_whole_parts_are_skipped_and_none_is_cut(replica: Replica, ingest: FakeIngest) -> None:
    """What a slow viewer reads, late as it is, is parts from end to end."""
    with closing(reluctant_client(replica.port)) as slow, Viewer(replica.port) as healthy:
        for sequence in range(1, 40):
            ingest.show(large_frame(sequence, size=50_000 + sequence))
            wait_until(lambda: len(healthy.parts) >= sequence, "the healthy one has it")  # noqa: B023 called at once
        ingest.show(large_frame(100, size=77))
        slow.settimeout(5)
        received = b""
        while b"Content-Length: 82\r\n" not in received:
            chunk = slow.recv(65536)
            assert chunk
            received += chunk
        body = received.split(b"\r\n\r\n", 1)[1]
        lengths = []
        while body.startswith(b"--frame\r\n") and b"Content-Length: 82\r\n" not in body.split(b"\r\n\r\n", 1)[0]:
            head, body = body.split(b"\r\n\r\n", 1)
            length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            assert body[length - 2 : length + 2] == b"\xff\xd9\r\n"
            lengths.append(length)
            body = body[length + 2 :]
        assert lengths == sorted(lengths)
        assert len(lengths) < 30, "nothing was skipped"


def test_quality_auto_moves_a_slow_viewer_to_a_smaller_width_and_back(
    bus: str, ingest: FakeIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the connection it has."""
    monkeypatch.setattr("services.stream.fanout.auto_quality.WINDOW_SECONDS", 1.0)
    monkeypatch.setattr("services.stream.fanout.auto_quality.FIRST_TRIAL_SECONDS", 2.0)
    with ExitStack() as stack:
        replica = stack.enter_context(running_replica(bus))
        wait_until(replica.knows_a_camera, "the camera is known")
        client = stack.enter_context(closing(reluctant_client(replica.port, "/api/camera/stream?quality=auto")))
        wait_until(lambda: MAIN in ingest.topics, "it starts at the camera's own size")
        client.setblocking(False)
        sequence = 0

        def show(size: int, read: int) -> None:
            nonlocal sequence
            sequence += 1
            for rendition in ("main", "32", "16"):
                ingest.show(large_frame(sequence, rendition, size))
            time.sleep(0.05)
            with suppress(BlockingIOError):
                client.recv(read)

        def moved_down() -> bool:
            show(size=200_000, read=1000)
            return NARROW in ingest.topics and MAIN not in ingest.topics

        wait_until(moved_down, "it is moved down", 12)

        def moved_up() -> bool:
            show(size=100, read=1_000_000)
            return MAIN in ingest.topics

        wait_until(moved_up, "it is moved up again", 30)
