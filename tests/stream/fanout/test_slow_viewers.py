"""Slow viewers and viewers that take nothing, beside healthy ones: which skip, which are moved, which are cut."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial

import pytest

from shared.bus.frames import Frame
from shared.bus.status import CameraStatus
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

MAIN, NARROW = b"frame/cam1/main/", b"frame/cam1/32/"


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1", widths=(16, 32, 640))]


@pytest.fixture
def replica(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, stall_seconds=1.5) as running:
        wait_until(running.knows_a_camera, "the camera is known")
        yield running


def large_frame(sequence: int, rendition: str = "main", size: int = 200_000) -> Frame:
    """A frame that fills buffers. It holds no picture, but nothing here decodes it."""
    jpeg = b"\xff\xd8\xff" + bytes(size) + b"\xff\xd9"
    return frame_of("cam1", sequence, rendition=rendition)._replace(jpeg=jpeg)


def reluctant_client(port: int, path: str = "/api/camera/stream") -> socket.socket:
    """A viewer that reads nothing unless told to, and whose kernel buffers little for it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return client


def has_parts(viewer: Viewer, count: int) -> bool:
    return len(viewer.parts) >= count


def read_to_the_end(client: socket.socket) -> None:
    while client.recv(65536):
        pass


def test_a_viewer_that_takes_nothing_is_cut_and_one_that_takes_little_is_not(
    replica: Replica, ingest: FakeIngest
) -> None:
    """Slow is no fault. Neither of them delays a third viewer, which gets every frame."""
    with closing(reluctant_client(replica.port)) as stuck, closing(reluctant_client(replica.port)) as slow:
        with Viewer(replica.port) as healthy:
            wait_until(lambda: replica.hub.viewer_count("cam1") == 3, "all are there")
            sequence = 0

            def slow_reads_until_healthy_has_it() -> bool:
                with suppress(BlockingIOError):
                    slow.recv(2000, socket.MSG_DONTWAIT)
                return has_parts(healthy, sequence)

            def show_and_read_a_little() -> None:
                nonlocal sequence
                sequence += 1
                ingest.show(large_frame(sequence))
                wait_until(slow_reads_until_healthy_has_it, "the healthy one has it", 2)

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
    """A slow viewer reads, however late, nothing but whole parts."""
    with closing(reluctant_client(replica.port)) as slow, Viewer(replica.port) as healthy:
        for sequence in range(1, 40):
            ingest.show(large_frame(sequence, size=50_000 + sequence))
            wait_until(partial(has_parts, healthy, sequence), "the healthy one has it")
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


def test_what_a_program_has_not_read_is_not_added_to(replica: Replica, ingest: FakeIngest) -> None:
    """Its kernel takes and acknowledges far more than these parts: they would be old when the program reads them."""
    shown = 150
    with socket.create_connection(("127.0.0.1", replica.port)) as idle, Viewer(replica.port) as healthy:
        idle.sendall(b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: replica.hub.viewer_count("cam1") == 2, "both are there")
        for sequence in range(1, shown + 1):
            ingest.show(large_frame(sequence, size=2_000))
            wait_until(lambda: has_parts(healthy, sequence), "the healthy one has it", 2)  # noqa: B023 - awaited here
        idle.settimeout(0.5)
        received = bytearray()
        with suppress(TimeoutError):
            while data := idle.recv(65536):
                received += data
        assert 1 <= received.count(b"X-Timestamp") < shown / 5


def test_a_viewer_that_keeps_up_goes_on_seeing_pictures_when_they_become_small(
    replica: Replica, ingest: FakeIngest
) -> None:
    """As when the light goes off. Its kernel makes its window smaller then, as if nothing were read."""
    sequence = 0

    def show(sizes: Sequence[int], pictures: int) -> None:
        nonlocal sequence
        for _ in range(pictures):
            sequence += 1
            ingest.show(large_frame(sequence, size=sizes[sequence // 3 % len(sizes)]))
            time.sleep(0.04)

    with Viewer(replica.port) as viewer:
        wait_until(lambda: replica.hub.viewer_count("cam1") == 1, "it is there")
        show((28_000, 30_000, 33_000), 75)
        before = len(viewer.parts)
        show((2_200, 2_500, 2_800), 200)
        small = len(viewer.parts) - before
        show((28_000, 30_000, 33_000), 50)
        assert small >= 200 / 12
        assert len(viewer.parts) - before - small >= 50 / 2


def test_a_kernel_that_tells_no_window_leaves_it_to_the_send_queue(
    replica: Replica, ingest: FakeIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As kernels before 5.4, this one then answers with fewer bytes than were requested."""
    monkeypatch.setattr("services.stream.fanout.viewer._TCP_INFO_BYTES", 1_024)
    shown = 20
    with socket.create_connection(("127.0.0.1", replica.port)) as idle, Viewer(replica.port) as healthy:
        idle.sendall(b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: replica.hub.viewer_count("cam1") == 2, "both are there")
        for sequence in range(1, shown + 1):
            ingest.show(large_frame(sequence, size=2_000))
            wait_until(partial(has_parts, healthy, sequence), "the healthy one has it", 2)
        idle.settimeout(5)
        received = bytearray()
        while received.count(b"X-Timestamp") < shown:
            data = idle.recv(65536)
            assert data, "the connection ended"
            received += data


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
