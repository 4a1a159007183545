"""Floods of a bus in a process with little memory, while an honest subscriber gets pictures."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
import zmq

from shared.bus import zmtp
from tests.shared.bus.limited_bus import TOPIC
from tests.shared.bus.raw_peer import RawPeer
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

FLOODS: Final = 10
PEERS: Final = 20
MOST_MEGABYTES: Final = 40
"""More than before the floods. All topics have 192 KiB, and libzmq and Python need some 100 bytes for each of them."""
LARGEST_GAP_SECONDS: Final = 0.5


class Viewer:
    """An honest subscriber. It measures the largest gap between pictures."""

    def __init__(self, address: str) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.subscribe(TOPIC)
        self._socket.connect(address)

    def largest_gap(self, meanwhile: Callable[[], None]) -> float:
        assert self._socket.poll(20_000), "no picture"
        largest, last = 0.0, time.monotonic()
        with ThreadPoolExecutor() as pool:
            work = pool.submit(meanwhile)
            while not work.done():
                assert self._socket.poll(20_000), "the pictures stopped"
                self._socket.recv_multipart()
                now = time.monotonic()
                largest, last = max(largest, now - last), now
            work.result()
        return largest

    def close(self) -> None:
        self._context.destroy(linger=0)


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    address = f"tcp://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tests.shared.bus.limited_bus", address, f"ipc://{tmp_path}/inner"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield address, process
        assert process.poll() is None, "the bus ended"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def used_megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


def other_topics(peer: int) -> bytes:
    return b"".join(zmtp.subscribe(b"viewers/%d-%060d/r/1/" % (peer, number)) for number in range(3000))


def other_kinds(peer: int) -> bytes:
    return b"".join(zmtp.subscribe(b"%0210d/%d" % (number, peer)) for number in range(3000))


def on_and_off(peer: int) -> bytes:
    return 3000 * (zmtp.subscribe(b"frame/%d/" % peer) + zmtp.cancel(b"frame/%d/" % peer))


def flood(address: str, data: Callable[[int], bytes]) -> None:
    """Many peers send at once, as fast as they can, and leave."""

    def send(peer: int) -> None:
        with suppress(OSError):
            hostile = RawPeer(address)
            hostile.send_until_ended(data(peer), times=3)
            hostile.reset()

    with ThreadPoolExecutor(PEERS) as pool:
        list(pool.map(send, range(PEERS)))


def test_floods_end_no_pictures_and_their_memory_is_given_back(bus: tuple[str, "subprocess.Popen[bytes]"]) -> None:
    address, process = bus
    viewer = Viewer(address)
    quiet_gap = viewer.largest_gap(lambda: time.sleep(0.5))  # nothing is waited for: it is the measurement's time
    before = used_megabytes(process.pid)
    kinds = (other_topics, other_kinds, on_and_off)
    gaps = [viewer.largest_gap(lambda kind=kinds[n % 3]: flood(address, kind)) for n in range(FLOODS)]  # type: ignore[misc]
    assert max(gaps) < PATIENCE * max(LARGEST_GAP_SECONDS, quiet_gap)
    assert used_megabytes(process.pid) - before < MOST_MEGABYTES
    viewer.close()
