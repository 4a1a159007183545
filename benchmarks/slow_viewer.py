"""A viewer on a slow network: the age of each picture by its X-Timestamp, and the viewer's effect on others.

The network is real (benchmarks/slow_network.py), and the viewer reads everything that arrives. FastAPI's idiom is
measured over the same network for comparison. A viewer on loopback is measured alone first, then beside the slow one.

    sudo .venv/bin/python -m benchmarks.slow_viewer [--rate 150KB/s] [--seconds 60]
    sudo .venv/bin/python -m benchmarks.slow_viewer --rate 20KB/s --query quality=auto --ingest
    sudo .venv/bin/python -m benchmarks.slow_viewer --rate 20Mbit/s --jpeg-kilobytes 120 --size 1280x720

With `--gateway caddy` (or nginx) the slow viewer goes through that gateway (benchmarks/gateway.py), over HTTP/1.1 and
HTTP/2:

    sudo .venv/bin/python -m benchmarks.slow_viewer --gateway caddy [--query quality=auto --ingest]
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.bus_camera import bus_camera
from benchmarks.cores import build, clean_up_when_terminated
from benchmarks.curl_viewer import CurlViewer
from benchmarks.gateway import Gateway, gateway_on_slow_network, missing_gateway
from benchmarks.load import STREAM_PATH, Load, Report, percentile
from benchmarks.pictures import moving_pictures
from benchmarks.servers import FPS, OPEN, SERVERS, Bench
from benchmarks.slow_network import SlowNetwork, missing_network_parts, slow_network
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

ALONE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    seconds: float
    query: str
    size: tuple[int, int]
    jpeg_kilobytes: float
    ingest: bool

    @property
    def path(self) -> str:
        """The stream's path with the slow viewer's query."""
        return STREAM_PATH + (f"?{self.query}" if self.query else "")


@contextmanager
def pictures_on(bus: str, directory: Path, options: Options) -> Iterator[None]:
    """Put pictures on the bus: prepared ones of a chosen size, or those of real ingest with a real camera.

    Only real ingest makes smaller renditions.
    """
    width, height = options.size
    with ExitStack() as stack:
        if options.ingest:
            camera = stack.enter_context(RtspCamera(width=width, height=height, fps=FPS))
            environment = {"BUS_BIND": bus, "CAMERA_RTSP_URL": camera.url}
            stack.callback(ServiceProcess("services.ingest", environment, directory / "ingest.log").stop)
        else:
            jpegs = moving_pictures(width, height, options.jpeg_kilobytes)
            stack.enter_context(bus_camera(bus, jpegs, options.size, FPS))
        yield


@contextmanager
def near_viewer(bench: Bench, module: str, options: Options) -> Iterator[tuple[int, Load, Report]]:
    """A server with one viewer on loopback: the server's port, the viewer, and its report while it was alone."""
    port, bus = free_port(), f"tcp://127.0.0.1:{free_port()}"
    environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port)} | OPEN
    with ExitStack() as stack:
        stack.callback(ServiceProcess(module, environment, bench.directory / f"{module}.log").stop)
        stack.enter_context(pictures_on(bus, bench.directory, options))
        near = stack.enter_context(Load(bench.viewers, port))
        wait_until(lambda: _joins(near), "the server shows pictures", 30)
        near.reset()
        time.sleep(ALONE_SECONDS)
        yield port, near, near.report()


def watch(bench: Bench, module: str, network: SlowNetwork, options: Options) -> dict[str, Any]:
    """Measure one server with its slow viewer at the other end of the network."""
    with (
        near_viewer(bench, module, options) as (port, near, alone),
        Load(bench.viewers, port, options.path, network.server_address, network.prefix) as far,
    ):
        near.reset()
        far.reset()
        far.add(1, options.seconds)
        time.sleep(options.seconds)
        return described(far.report(), alone, near.report())


def watch_through(bench: Bench, gateway: Gateway, program: str, http: str, options: Options) -> dict[str, Any]:
    """Measure Framecast with its slow viewer behind the gateway."""
    with (
        near_viewer(bench, SERVERS["framecast"], options) as (port, near, alone),
        gateway.running(program, port, bench.directory),
        CurlViewer(gateway.url(http) + options.path, http, gateway.prefix) as far,
    ):
        near.reset()
        time.sleep(options.seconds)
        return described(far.report(), alone, near.report()) | {"widths": far.widths()}


def _joins(near: Load) -> bool:
    try:
        near.add(1, 2)
    except AssertionError:
        near.drop()
        return False
    return True


def described(slow: Report, alone: Report, beside: Report) -> dict[str, Any]:
    """Figures of the slow viewer, by halves of its time, and of the loopback viewer alone and beside it."""
    ages = slow.ages_ms
    half = slow.dated[0][1] + (slow.dated[-1][1] - slow.dated[0][1]) / 2
    halves = [[age * 1000 for _, at, age in slow.dated if (at >= half) is late] for late in (False, True)]
    return {
        "pictures": len(ages),
        "fps": round(len(ages) / slow.seconds, 1),
        "p50_ms": percentile(ages, 50),
        "p95_ms": percentile(ages, 95),
        "most_ms": round(max(ages), 1),
        "first_half_p50_ms": round(statistics.median(halves[0]), 1),
        "second_half_p50_ms": round(statistics.median(halves[1]), 1),
        "second_half_p95_ms": percentile(halves[1], 95),
        "others_alone_p99_ms": percentile(alone.ages_ms, 99),
        "others_beside_p99_ms": percentile(beside.ages_ms, 99),
    }


def report(title: str, results: dict[str, dict[str, Any]]) -> None:
    print(f"{title:28} " + " ".join(f"{name:>12}" for name in results))
    names: Sequence[str] = tuple(next(iter(results.values())))
    for name in names:
        print(f"{name.replace('_', ' '):28} " + " ".join(f"{result[name]:12}" for result in results.values()))


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", default="150KB/s", help="such as 20KB/s or 20Mbit/s")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--query", default="", help="query of the slow viewer's address, such as quality=auto")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--jpeg-kilobytes", type=float, default=13)
    parser.add_argument("--ingest", action="store_true", help="use real ingest and the tests' RTSP camera")
    parser.add_argument("--servers", default="framecast,idiom", help="the servers to measure, comma-separated")
    parser.add_argument("--gateway", choices=["caddy", "nginx"], help="measure Framecast behind this gateway")
    parser.add_argument("--http", default="1.1,2", help="the gateway's versions of HTTP, comma-separated")
    parser.add_argument("--without-limits", action="store_true", help="run the gateway without its container's sysctls")
    return parser.parse_args()


def measured(arguments: argparse.Namespace, options: Options) -> dict[str, dict[str, Any]]:
    """The results by server, or by the gateway's version of HTTP."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        bench = Bench(directory, build("viewers.c", directory), directory)
        if not arguments.gateway:
            network = stack.enter_context(slow_network(arguments.rate))
            servers = arguments.servers.split(",")
            return {server: watch(bench, SERVERS[server], network, options) for server in servers}
        program = arguments.gateway
        gateway = stack.enter_context(gateway_on_slow_network(arguments.rate, limited=not arguments.without_limits))
        versions = arguments.http.split(",")
        return {f"{program} {http}": watch_through(bench, gateway, program, http, options) for http in versions}


def main() -> None:
    arguments = parsed_arguments()
    width, _, height = arguments.size.partition("x")
    size = (int(width), int(height))
    options = Options(arguments.seconds, arguments.query, size, arguments.jpeg_kilobytes, arguments.ingest)
    clean_up_when_terminated()
    missing = missing_network_parts() or (missing_gateway(arguments.gateway) if arguments.gateway else None)
    if missing:
        print(json.dumps({"benchmark": "slow_viewer", "skipped": missing}))
        return
    results = measured(arguments, options)
    report(f"network {arguments.rate}, {arguments.size}", results)
    facts = {
        "benchmark": "slow_viewer",
        "rate": arguments.rate,
        "size": arguments.size,
        "jpeg_kilobytes": None if options.ingest else options.jpeg_kilobytes,
        "query": options.query,
    }
    print(json.dumps(facts | results))


if __name__ == "__main__":
    main()
