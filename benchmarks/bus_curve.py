"""The cost of keys on the bus: CPU per frame, with CURVE and without, at both ends, with one subscriber and with four.

    python -m benchmarks.bus_curve [--seconds 3] [--rounds 5]

Ingest's end is this process, with a publisher and the proxy. Each replica's end is a process of its own that receives
frames and discards them. Runs with and without keys alternate, so that other load on the machine affects both.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

from benchmarks.cores import cpu_seconds
from shared.bus.curve import ClientKeys
from shared.bus.keys import client_keys, make_keys, server_keys
from shared.bus.proxy import BusProxy
from shared.bus.publisher import Publisher
from shared.bus.settings import BusClientSettings, BusServerSettings
from shared.bus.subscriber import Subscriber
from shared.bus.topics import frame_topic
from shared.logs import configure_logs
from tests.support.ports import free_port

SIZES_KB: Final = (12, 68)
SUBSCRIBERS: Final = (1, 4)
FRAMES_PER_SECOND: Final = 30
"""As a camera has. More would find everything in the caches, and show a smaller cost than there is."""
TOPIC: Final = frame_topic("camera_1", "main")


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of CPU per frame: ingest's for all subscribers, and that of one replica."""

    ingest: float
    replica: float


def keys_in(directory: Path) -> ClientKeys | None:
    return client_keys(
        BusClientSettings(
            bus_server_key_file=directory / "stream/server.key",
            bus_client_secret_file=directory / "stream/client.secret",
        )
    )


@contextmanager
def running_subscriber(address: str, keys: Path | None) -> Iterator[int]:
    """A process that receives frames and discards them; its id."""
    arguments = [sys.executable, "-m", "benchmarks.bus_curve", "--subscribe", address]
    process = subprocess.Popen([*arguments, *([] if keys is None else ["--keys", str(keys)])])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


async def receive_frames(address: str, keys: Path | None) -> None:
    subscriber = Subscriber(address, None if keys is None else keys_in(keys))
    subscriber.subscribe(TOPIC)
    await subscriber.hand_newest_to(lambda _parts: None)


def measure(frame_bytes: int, subscribers: int, keys: Path | None, seconds: float) -> Cost:
    """The costs with this number of subscribers, over `seconds`."""
    with tempfile.TemporaryDirectory() as inner:
        address, inner_address = f"tcp://127.0.0.1:{free_port()}", f"ipc://{inner}/bus"
        server = None
        if keys is not None:
            secret, authorized = keys / "server/server.secret", keys / "server/authorized"
            server = server_keys(BusServerSettings(bus_server_secret_file=secret, bus_authorized_keys=authorized))
        proxy = BusProxy(address, inner_address, server)
        publisher = Publisher(inner_address, is_inner=True)
        try:
            with ExitStack() as stack:
                replicas = [stack.enter_context(running_subscriber(address, keys)) for _ in range(subscribers)]
                return _cost(publisher, [TOPIC, b"{}", bytes(frame_bytes)], replicas, seconds)
        finally:
            publisher.close()
            proxy.close()


def _cost(publisher: Publisher, message: list[bytes], replicas: list[int], seconds: float) -> Cost:
    hellos, deadline = 0, time.monotonic() + 60
    while hellos < len(replicas) or TOPIC not in publisher.topics:
        assert time.monotonic() < deadline, "not all subscribe"
        publisher.wait(0.05)
        publisher.read_subscriptions()
        hellos = sum(topic.startswith(b"hello/") for topic in publisher.topics)
    _send(publisher, message, 1.0)
    ours, theirs = time.process_time(), sum(map(cpu_seconds, replicas))
    sent = _send(publisher, message, seconds)
    replica_seconds = (sum(map(cpu_seconds, replicas)) - theirs) / len(replicas)
    return Cost((time.process_time() - ours) / sent * 1e6, replica_seconds / sent * 1e6)


def _send(publisher: Publisher, message: list[bytes], seconds: float) -> int:
    sent, began = 0, time.monotonic()
    while (now := time.monotonic()) < began + seconds:
        if now >= began + sent / FRAMES_PER_SECOND:
            publisher.send(message)
            sent += 1
        time.sleep(max(0.0, began + sent / FRAMES_PER_SECOND - time.monotonic()))
    return sent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--subscribe", help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.subscribe:
        asyncio.run(receive_frames(options.subscribe, options.keys))
        return
    configure_logs()
    with tempfile.TemporaryDirectory() as directory:
        keys = Path(directory)
        make_keys(keys, ("stream",))
        for size, subscribers in product(SIZES_KB, SUBSCRIBERS):
            plain, locked = [], []
            for _ in range(options.rounds):
                plain.append(measure(size * 1000, subscribers, None, options.seconds))
                locked.append(measure(size * 1000, subscribers, keys, options.seconds))
            for end in ("ingest", "replica"):
                without, with_keys = ([getattr(cost, end) for cost in costs] for costs in (plain, locked))
                ratio = statistics.median(b / a for a, b in zip(without, with_keys, strict=True))
                print(
                    f"{size} KB, {subscribers} subscribers, {end}: {statistics.median(without):.0f} µs plain, "
                    f"{statistics.median(with_keys):.0f} µs with keys, ratio {ratio:.2f}"
                )


if __name__ == "__main__":
    main()
