"""Programs that take their time over each picture, as detection scripts do: the age of each when it has been read.

Beside them a program reads without a pause. On loopback, or over a network of `--rate` (root):

    .venv/bin/python -m benchmarks.slow_reader [--jpeg-kilobytes 13] [--fps 30] [--seconds 30]
    sudo .venv/bin/python -m benchmarks.slow_reader --rate 20Mbit/s
    .venv/bin/python -m benchmarks.slow_reader --beside DIR    (at the same time, another checkout's)
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.bus_camera import BusCamera, cameras_apart
from benchmarks.cores import clean_up_when_terminated
from benchmarks.load import STREAM_PATH, percentile
from benchmarks.pictures import moving_pictures
from benchmarks.servers import OPEN, streams
from benchmarks.slow_network import slow_network
from tests.support.ports import free_port
from tests.support.waiting import wait_until

PAUSES: Final = (0.0, 0.02, 0.1, 0.2, 0.5, 1.0)
SETTLED_SHARE: Final = 1 / 3
"""The first third of the pictures is left out: at first nobody knows that the program is slow."""


def read(url: str, pause: float, seconds: float) -> None:
    """Read pictures for so long and print their ages in milliseconds, a line each."""
    until = time.time() + seconds
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server's
        while time.time() < until:
            size, written_at = 0, 0.0
            while (line := answer.readline()).strip() or not size:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    size = int(value)
                elif name.lower() == b"x-timestamp":
                    written_at = float(value)
            answer.read(size)
            print((time.time() - written_at) * 1000, flush=True)
            time.sleep(pause)


Ages = dict[tuple[str, float], list[float]]
"""By the server's name and the pause."""


def ages_of(urls: Mapping[str, str], pauses: Sequence[float], seconds: float, prefix: Sequence[str]) -> Ages:
    """All programs read at the same time."""
    with ExitStack() as stack:
        readers = {}
        for name, url in urls.items():
            for pause in pauses:
                command = [*prefix, sys.executable, "-m", "benchmarks.slow_reader", "--read", url, str(pause)]
                reader = subprocess.Popen([*command, "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True)
                stack.callback(reader.kill)
                readers[name, pause] = reader
        outputs = {key: reader.communicate(timeout=seconds * 4 + 60)[0] for key, reader in readers.items()}
    return {key: [float(line) for line in output.splitlines()] for key, output in outputs.items()}


def measured(arguments: argparse.Namespace) -> Ages:
    clean_up_when_terminated()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bus, host = f"tcp://127.0.0.1:{free_port()}", "127.0.0.1"
        prefix: tuple[str, ...] = ()
        if arguments.rate:
            network = stack.enter_context(slow_network(arguments.rate))
            host, prefix = network.server_address, network.prefix
        ports = stack.enter_context(streams(directory, bus, arguments.beside, OPEN))
        size = (1280, 720)
        jpegs = moving_pictures(*size, arguments.jpeg_kilobytes)
        stack.enter_context(cameras_apart(partial(BusCamera, bus, jpegs, size, arguments.fps)))
        for port in ports.values():
            wait_until(partial(shows, f"http://127.0.0.1:{port}{STREAM_PATH}"), "stream shows pictures", 30)
        urls = {name: f"http://{host}:{port}{STREAM_PATH}" for name, port in ports.items()}
        return ages_of(urls, arguments.pauses, arguments.seconds, prefix)


def shows(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server's
            return bool(answer.read(1))
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jpeg-kilobytes", type=float, default=13)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pauses", type=float, nargs="+", default=PAUSES, metavar="SECONDS")
    parser.add_argument("--rate", help="such as 20Mbit/s")
    parser.add_argument("--beside", type=Path, metavar="DIR")
    parser.add_argument("--read", nargs=2, metavar=("URL", "PAUSE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        read(arguments.read[0], float(arguments.read[1]), arguments.seconds)
        return
    rows: dict[str, dict[float, dict[str, float]]] = {}
    print("server a picture each   pictures/s     p50 ms     p95 ms    most ms")
    for (name, pause), ages in sorted(measured(arguments).items(), key=lambda item: item[0][1]):
        late = ages[round(len(ages) * SETTLED_SHARE) :]
        row = rows.setdefault(name, {})[pause] = {
            "per_second": round(len(ages) / arguments.seconds, 1),
            "p50_ms": percentile(late, 50),
            "p95_ms": percentile(late, 95),
            "most_ms": round(max(late), 1),
        }
        print(f"{name:6} {pause:10} s  " + " ".join(f"{value:10}" for value in row.values()))
    facts = {"benchmark": "slow_reader", "jpeg_kilobytes": arguments.jpeg_kilobytes, "fps": arguments.fps}
    print(json.dumps(facts | {"rate": arguments.rate, **rows}))


if __name__ == "__main__":
    main()
