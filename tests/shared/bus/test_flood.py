"""Floods of a bus in a process with little memory, while an honest subscriber gets pictures."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Final, NamedTuple

import pytest
import zmq

from shared.bus import zmtp
from shared.bus.curve import ClientKeys, new_secret_key, public_key
from shared.bus.keys import make_keys
from tests.shared.bus.key_files import keys_of
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
    """An honest subscriber, by libzmq. It measures the largest gap between pictures."""

    def __init__(self, address: str, keys: ClientKeys | None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        if keys is not None:
            self._socket.set(zmq.CURVE_SERVERKEY, keys.server_key)
            self._socket.set(zmq.CURVE_SECRETKEY, keys.secret_key)
            self._socket.set(zmq.CURVE_PUBLICKEY, public_key(keys.secret_key))
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


class LimitedBus(NamedTuple):
    """A bus in a process of its own, and the keys of a client that it lets in."""

    address: str
    process: "subprocess.Popen[bytes]"
    keys: ClientKeys | None

    def used_megabytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


@contextmanager
def running_bus(directory: Path, *, has_keys: bool) -> Iterator[LimitedBus]:
    address = f"tcp://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "tests.shared.bus.limited_bus", address, f"ipc://{directory}/inner"]
    if has_keys:
        make_keys(directory, ("stream",))
        command.append(str(directory))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield LimitedBus(address, process, keys_of("stream", directory) if has_keys else None)
        assert process.poll() is None, "the bus ended"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.fixture(params=[False, True], ids=["without keys", "with keys"])
def bus(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LimitedBus]:
    with running_bus(tmp_path, has_keys=request.param) as running:
        yield running


@pytest.fixture
def locked_bus(tmp_path: Path) -> Iterator[LimitedBus]:
    with running_bus(tmp_path, has_keys=True) as running:
        yield running


def other_topics(peer: int) -> bytes:
    return b"".join(zmtp.subscribe(b"viewers/%d-%060d/r/1/" % (peer, number)) for number in range(3000))


def other_kinds(peer: int) -> bytes:
    return b"".join(zmtp.subscribe(b"%0210d/%d" % (number, peer)) for number in range(3000))


def on_and_off(peer: int) -> bytes:
    return 3000 * (zmtp.subscribe(b"frame/%d/" % peer) + zmtp.cancel(b"frame/%d/" % peer))


def in_parallel(work: Callable[[int], None]) -> None:
    """Have many peers work at once."""

    def try_to_work(peer: int) -> None:
        with suppress(OSError, zmtp.ZmtpError):
            work(peer)

    with ThreadPoolExecutor(PEERS) as pool:
        list(pool.map(try_to_work, range(PEERS)))


def flood(bus: LimitedBus, data: Callable[[int], bytes]) -> None:
    """Many peers send at once, as fast as they can, and leave."""

    def send(peer: int) -> None:
        hostile = RawPeer(bus.address, bus.keys)
        hostile.send_until_ended(data(peer), times=3)
        hostile.reset()

    in_parallel(send)


def assert_harmless(bus: LimitedBus, attacks: list[Callable[[], None]]) -> None:
    """The pictures go on during the attacks, and ingest needs little memory for them."""
    viewer = Viewer(bus.address, bus.keys)
    quiet_gap = viewer.largest_gap(lambda: time.sleep(0.5))  # nothing is waited for: it is the measurement's time
    before = bus.used_megabytes()
    gaps = [viewer.largest_gap(attack) for attack in attacks]
    assert max(gaps) < PATIENCE * max(LARGEST_GAP_SECONDS, quiet_gap)
    assert bus.used_megabytes() - before < MOST_MEGABYTES
    viewer.close()


def test_floods_end_no_pictures_and_their_memory_is_given_back(bus: LimitedBus) -> None:
    kinds = (other_topics, other_kinds, on_and_off)
    assert_harmless(bus, [partial(flood, bus, kinds[number % 3]) for number in range(FLOODS)])


def half_handshakes(bus: LimitedBus) -> None:
    """Thousands of connections that stop behind HELLO, which costs ingest most."""

    def stop_there(_: int) -> None:
        for _ in range(100):
            peer = RawPeer(bus.address, bus.keys, shakes_hands=False)
            peer.send_raw(peer.mechanism.greeting + peer.mechanism.greeted())
            peer.read_welcome()
            peer.close()

    in_parallel(stop_there)


def unknown_keys(bus: LimitedBus) -> None:
    """Whole handshakes of clients that know the server's public key, and have no key that it knows."""
    assert bus.keys is not None
    strangers = ClientKeys(bus.keys.server_key, new_secret_key())

    def knock(_: int) -> None:
        for _ in range(30):
            with suppress(OSError, zmtp.ZmtpError):
                RawPeer(bus.address, strangers)

    in_parallel(knock)


def garbage(bus: LimitedBus) -> None:
    """Boxes that nobody's key opens, behind a good handshake."""

    def send(peer: int) -> None:
        for size in range(33, 512, 10):
            hostile = RawPeer(bus.address, bus.keys)
            hostile.send_raw(zmtp.frame(0, b"\x07MESSAGE" + peer.to_bytes(8) + token_bytes(size - 16)))
            hostile.close()

    in_parallel(send)


@pytest.mark.parametrize("attack", [half_handshakes, unknown_keys, garbage])
def test_hostile_handshakes_and_boxes_end_no_pictures(
    locked_bus: LimitedBus, attack: Callable[[LimitedBus], None]
) -> None:
    assert_harmless(locked_bus, [partial(attack, locked_bus)])
