"""Programs that ask for snapshots over kept connections, as dashboards do: how many requests are lost.

Their pause counts from the end of an answer, with a few milliseconds of jitter. So where a server ends idle
connections after just that pause, a request now and then crosses the end. One more program asks without any pause.

    .venv/bin/python -m benchmarks.pollers [--pause 5] [--seconds 60] [--beside DIR]

With `--beside` another checkout's server is asked at the same time.
"""

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import requests

from benchmarks.bus_camera import bus_camera
from benchmarks.cores import clean_up_when_terminated, cpu_seconds
from benchmarks.pictures import moving_pictures
from benchmarks.servers import OPEN, SERVERS
from tests.support.ports import free_port
from tests.support.services import ROOT, ServiceProcess
from tests.support.waiting import wait_until

SNAPSHOT: Final = "/api/camera/snapshot"
PROGRAMS: Final = 60
JITTER_SECONDS: Final = 0.004
FLOOD_SECONDS: Final = 10.0
SIZE: Final = (640, 360)


class Polled:
    """A stream server and what was asked of it."""

    def __init__(self, bus: str, log: Path, root: Path) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}{SNAPSHOT}"
        self.service = ServiceProcess(
            SERVERS["framecast"], {"BUS_CONNECT": bus, "STREAM_PORT": str(port)} | OPEN, log, root
        )
        self.asked = self.lost = 0
        self._lock = threading.Lock()

    def is_ready(self) -> bool:
        try:
            return requests.get(self.address, timeout=10).status_code == requests.codes.ok
        except requests.RequestException:
            return False

    def poll(self, pause: float, until: float) -> None:
        session = requests.Session()
        time.sleep(random.uniform(0, pause))  # noqa: S311 spreads the programs
        while time.monotonic() < until:
            try:
                lost = session.get(self.address, timeout=10).status_code != requests.codes.ok
            except requests.RequestException:
                lost = True
            with self._lock:
                self.asked += 1
                self.lost += lost
            time.sleep(pause + random.uniform(-JITTER_SECONDS, JITTER_SECONDS))  # noqa: S311 no secret

    def flood(self, seconds: float) -> dict[str, float]:
        """One program without a pause: answers a second, different pictures among them, and the server's CPU."""
        session, pictures = requests.Session(), Counter[str | None]()
        before, begun = cpu_seconds(self.service.pid), time.monotonic()
        while time.monotonic() < begun + seconds:
            pictures[session.get(self.address, timeout=10).headers.get("X-Timestamp")] += 1
        used = cpu_seconds(self.service.pid) - before
        return {
            "answers_per_second": round(pictures.total() / seconds, 1),
            "pictures_per_second": round(len(pictures) / seconds, 1),
            "of_a_core": round(used / seconds, 3),
        }


def measured(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    clean_up_when_terminated()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bus = f"tcp://127.0.0.1:{free_port()}"
        roots = {"here": ROOT} | ({"there": arguments.beside.resolve()} if arguments.beside else {})
        polled = {name: Polled(bus, directory / f"{name}.log", root) for name, root in roots.items()}
        for server in polled.values():
            stack.callback(server.service.stop)
        stack.enter_context(bus_camera(bus, moving_pictures(*SIZE, 13), SIZE))
        for server in polled.values():
            wait_until(server.is_ready, "stream has a picture", 30)
        until = time.monotonic() + arguments.seconds
        programs = [
            threading.Thread(target=server.poll, args=(arguments.pause, until))
            for server in polled.values()
            for _ in range(PROGRAMS)
        ]
        for program in programs:
            program.start()
        for program in programs:
            program.join()
        return {
            name: {"asked": server.asked, "lost": server.lost, "without_a_pause": server.flood(FLOOD_SECONDS)}
            for name, server in polled.items()
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pause", type=float, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--beside", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    found = measured(arguments)
    for name, facts in found.items():
        print(f"{name}: {facts['lost']} of {facts['asked']} lost; without a pause {facts['without_a_pause']}")
    print(json.dumps({"benchmark": "pollers", "pause_seconds": arguments.pause, **found}))


if __name__ == "__main__":
    main()
