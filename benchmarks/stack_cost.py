"""What the compose stack adds: CPU per delivered frame, and the age of pictures on a slow network, by way to stream.

    sudo .venv/bin/python -m benchmarks.stack_cost [--viewers 60] [--seconds 10] [--replicas 4] [--rate 150KB/s]

The ways are stream without Docker; the stack as `docker compose up` starts it, and with more replicas; and the same two
with the overlay for HTTPS, whose Caddy then carries every picture (over its plain port). Viewers are on another host,
which is a network namespace behind a router, or on this machine, where Docker's own proxy (docker-proxy) carries what
goes to localhost. The CPU is that of all processes on the way: replicas, gateway, docker-proxy. Needs a Docker engine
and built images: `docker compose -f docker-compose.yml -f docker-compose.https.yml build`, SITE_ADDRESS set.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.bus_camera import bus_camera
from benchmarks.cores import build, clean_up_when_terminated, cpu_seconds, go_first
from benchmarks.load import Load, percentile
from benchmarks.pictures import moving_pictures
from benchmarks.servers import FPS, OPEN
from benchmarks.slow_network import SlowNetwork, missing_network_parts, slow_network
from tests.e2e.compose import ROOT, ComposeStack, docker, host_address
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

SIZES: Final = {12: (640, 360), 68: (1280, 720)}
"""Kilobytes of a picture: its pixels."""
FAST: Final = "9000Mbit/s"
ROUND_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Way:
    """A way to stream: its port on this machine, and the processes that a picture costs something."""

    port: int
    pids: Callable[[], list[int]]


@contextmanager
def without_docker(bus: str, directory: Path) -> Iterator[Way]:
    port = free_port()
    environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port)} | OPEN
    service = ServiceProcess("services.stream", environment, directory / "stream.log")
    try:
        yield Way(port, lambda: [service.pid])
    finally:
        service.stop()


@contextmanager
def in_docker(bus: str, replicas: int, *overlays: str) -> Iterator[Way]:
    """The stack's gateway and stream; `overlays` as on the command line."""
    settings = {
        "BENCHMARK_BUS": bus,
        "PUBLISH_ADDRESS": OPEN["STREAM_HOST"],
        "ALLOW_ANONYMOUS": "true",
        "SITE_ADDRESS": "localhost",
        "HTTPS_PORT": str(free_port()),
    }
    more = [ROOT / "benchmarks/stack_bus.yml"]
    if "https" in overlays:
        more.append(ROOT / "tests/e2e/other-ports.yml")
    stack = ComposeStack(f"cost-{replicas}-{'-'.join(overlays)}", *overlays, settings=settings, more_files=more)
    try:
        stack.up("--scale", f"stream={replicas}", "gateway", "stream")
        yield Way(stack.port, lambda: _processes(stack))
    finally:
        stack.down("-v")


def _processes(stack: ComposeStack) -> list[int]:
    containers = [*stack.containers("stream"), *stack.containers("gateway")]
    rows = [row.split() for one in containers for row in docker("top", one, "-eo", "pid,args").splitlines()[1:]]
    # A health check's process may end at any moment, and docker-init does nothing.
    pids = [int(pid) for pid, program, *words in rows if program in ("python", "caddy") and words[0] in ("-m", "run")]
    return pids + list(_docker_proxies(stack.port))


def _docker_proxies(port: int) -> Iterator[int]:
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"docker-proxy") and str(port).encode() in words:
            yield int(directory.name)


def cost(program: Path, way: Way, count: int, at: SlowNetwork) -> dict[str, float]:
    """Microseconds of CPU per frame that arrives at `count` viewers; and the age of pictures there."""
    with Load(program, way.port, host=at.server_address, prefix=at.prefix) as load:
        load.add(count)
        pids = way.pids()
        load.reset()
        before = sum(map(cpu_seconds, pids))
        time.sleep(ROUND_SECONDS)
        used = sum(map(cpu_seconds, pids)) - before
        report = load.report()
    return {
        "us": round(used / report.delivered * 1e6, 1),
        "fps": report.median_fps,
        "p50_ms": percentile(report.ages_ms, 50),
    }


def age(program: Path, way: Way, seconds: float, at: SlowNetwork) -> dict[str, float]:
    """The ages of pictures of one viewer on a slow network."""
    with Load(program, way.port, host=at.server_address, prefix=at.prefix) as load:
        load.add(1)
        load.reset()
        time.sleep(seconds)
        ages = load.report().ages_ms
    return {"pictures": len(ages), "p50_ms": percentile(ages, 50), "p95_ms": percentile(ages, 95)}


def _shows_pictures(program: Path, way: Way) -> bool:
    with Load(program, way.port) as load:
        try:
            load.add(1, 1)
        except AssertionError:
            return False
    return True


@contextmanager
def network(rate: str) -> Iterator[SlowNetwork]:
    """Wait for the end of another benchmark that has it."""

    def is_free() -> bool:
        return "198.18." not in subprocess.run(["ip", "route"], check=True, capture_output=True, text=True).stdout

    wait_until(is_free, "no other benchmark runs", 600, patience=1)
    with slow_network(rate) as made:
        yield made


def measured(program: Path, ways: dict[str, Way], arguments: argparse.Namespace, bus: str) -> dict[str, Any]:
    """The figures by kind of measurement and way. The ways take turns, in rounds of some seconds."""
    results: dict[str, Any] = {}
    for kilobytes, size in SIZES.items():
        with bus_camera(bus, moving_pictures(*size, kilobytes), size, FPS):
            for way in ways.values():
                wait_until(lambda: _shows_pictures(program, way), "stream shows pictures", 60)  # noqa: B023
            with network(FAST) as fast:
                for place, viewers in {"another host": fast, "localhost": SlowNetwork("127.0.0.1", ())}.items():
                    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
                    for _ in range(max(1, round(arguments.seconds / ROUND_SECONDS))):
                        for name, way in ways.items():
                            rounds[name].append(cost(program, way, arguments.viewers, viewers))
                    title = f"{kilobytes} KB, {place}"
                    results[title] = {name: _middle(each) for name, each in rounds.items()}
                    report(title, results[title])
            if kilobytes == min(SIZES):
                with network(arguments.rate) as narrow:
                    slow = {name: age(program, way, arguments.slow_seconds, narrow) for name, way in ways.items()}
                    results[arguments.rate] = slow
                    report(arguments.rate, slow)
    return results


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The round with the median cost."""
    return sorted(rounds, key=lambda each: each["us"])[len(rounds) // 2]


def report(title: str, by_way: dict[str, dict[str, float]]) -> None:
    print(title)
    direct = by_way["without Docker"].get("us")
    for name, figures in by_way.items():
        ratio = f"{figures['us'] / direct:5.2f} x" if direct else ""
        print(f"  {name:28}{ratio}  {figures}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=9, help="of each way, size and place")
    parser.add_argument("--replicas", type=int, default=4)
    parser.add_argument("--rate", default="150KB/s", help="of the slow network")
    parser.add_argument("--slow-seconds", type=float, default=30)
    arguments = parser.parse_args()
    clean_up_when_terminated()
    if missing := missing_network_parts():
        print(json.dumps({"benchmark": "stack_cost", "skipped": missing}))
        return
    go_first(os.getpid())
    bus = f"tcp://{host_address()}:{free_port()}"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory, several = Path(name), arguments.replicas
        program = build("viewers.c", directory)
        ways = {
            "without Docker": stack.enter_context(without_docker(bus, directory)),
            "compose": stack.enter_context(in_docker(bus, 1)),
            f"compose, {several} replicas": stack.enter_context(in_docker(bus, several)),
            "https, Caddy": stack.enter_context(in_docker(bus, 1, "https")),
            f"https, Caddy, {several} replicas": stack.enter_context(in_docker(bus, several, "https")),
        }
        results = measured(program, ways, arguments, bus)
    print(json.dumps({"benchmark": "stack_cost", "viewers": arguments.viewers, **results}))


if __name__ == "__main__":
    main()
