"""The servers of the fan-out measurements: Framecast's stream, the C floor and FastAPI's idiom. Each runs alone on a
core, with a camera of its own.
"""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.bus_camera import bus_camera
from benchmarks.cores import LOAD_CORE, SERVER_CORE, on_core
from benchmarks.idiom import part
from benchmarks.load import Load
from tests.support.ports import free_port
from tests.support.services import ROOT, ServiceProcess
from tests.support.waiting import wait_until

FPS: Final = 30
MOST_VIEWERS: Final = 16_000
FLOOR: Final = "floor"
SERVERS: Final = {"framecast": "services.stream", "idiom": "benchmarks.idiom"}
"""Name and module of each server. The floor is not here, because it is a compiled program."""
OPEN: Final = {"STREAM_HOST": "0.0.0.0", "ALLOW_ANONYMOUS": "true"}  # noqa: S104 its viewers may be on another host
"""Settings for servers with viewers beyond loopback."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The directory and the compiled programs of a run."""

    directory: Path
    viewers: Path
    reference: Path


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int


@contextmanager
def served(
    bench: Bench, name: str, jpegs: tuple[bytes, ...], size: tuple[int, int], root: Path = ROOT
) -> Iterator[Server]:
    """Run one of the servers on its core, as it is in the checkout `root`; it delivers `jpegs` at 30 fps."""
    port, bus = free_port(), f"tcp://127.0.0.1:{free_port()}"
    if name == FLOOR:
        sample = bench.directory / "part"
        sample.write_bytes(part(jpegs[0], time.time_ns()))
        with on_core(SERVER_CORE):
            command = [str(bench.reference), str(port), str(FPS), str(sample)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE)
        try:
            wait_for_picture(bench, port)
            yield Server(process.pid, port)
        finally:
            process.kill()
            process.communicate()
        return
    with on_core(SERVER_CORE):
        environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port), "STREAM_MAX_VIEWERS": str(MOST_VIEWERS)}
        service = ServiceProcess(SERVERS[name], environment, bench.directory / f"{name}.log", root)
    try:
        with on_core(LOAD_CORE), bus_camera(bus, jpegs, size, FPS):
            wait_for_picture(bench, port)
            yield Server(service.pid, port)
    finally:
        service.stop()


@contextmanager
def streams(directory: Path, bus: str, beside: Path | None, settings: Mapping[str, str]) -> Iterator[dict[str, int]]:
    """Stream as it is "here" and, at the same time, as it is "there", in another checkout if one is given. Their ports
    by these names.
    """
    roots = {"here": ROOT} | ({"there": beside.resolve()} if beside else {})
    with ExitStack() as stack:
        ports = {name: free_port() for name in roots}
        for name, root in roots.items():
            environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(ports[name]), **settings}
            service = ServiceProcess(SERVERS["framecast"], environment, directory / f"{name}.log", root)
            stack.callback(service.stop)
        yield ports


def wait_for_picture(bench: Bench, port: int) -> None:
    """Wait for the server's first picture. A server that has just started refuses connections, then knows no camera."""

    def is_serving() -> bool:
        with Load(bench.viewers, port) as load:
            try:
                load.add(1, 1)
            except AssertionError:
                return False
            return True

    wait_until(is_serving, "the server shows pictures", 20)
