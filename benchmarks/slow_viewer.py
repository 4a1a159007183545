"""What a viewer on a slow network sees, and what it does to the others: the age of each picture by its X-Timestamp.

The network is a real one (benchmarks/slow_network.py), and the viewer reads all that it carries. FastAPI's idiom runs
under the same network. Before and beside the slow viewer there is one on loopback.

    sudo .venv/bin/python -m benchmarks.slow_viewer [--rate 150KB/s] [--seconds 60]
    sudo .venv/bin/python -m benchmarks.slow_viewer --rate 20KB/s --query quality=auto --ingest
    sudo .venv/bin/python -m benchmarks.slow_viewer --rate 20Mbit/s --jpeg-kilobytes 120 --size 1280x720

With `--gateway caddy` (or nginx) the slow viewer connects through it (benchmarks/gateway.py), over HTTP/1.1 and HTTP/2:

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
from benchmarks.servers import FPS, OPEN, SERVERS
from benchmarks.slow_network import SlowNetwork, missing_network_parts, slow_network
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

ALONE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Options:
    """Those of one run, with the program of the viewers and a directory for logs."""

    viewers: Path
    directory: Path
    seconds: float
    query: str
    size: tuple[int, int]
    jpeg_kilobytes: float
    ingest: bool


@contextmanager
def pictures_on(bus: str, options: Options) -> Iterator[None]:
    """Pictures of the wanted size in bytes; or real ingest, which makes smaller renditions, with a real camera."""
    width, height = options.size
    with ExitStack() as stack:
        if options.ingest:
            camera = stack.enter_context(RtspCamera(width=width, height=height, fps=FPS))
            environment = {"BUS_BIND": bus, "CAMERA_RTSP_URL": camera.url}
            stack.callback(ServiceProcess("services.ingest", environment, options.directory / "ingest.log").stop)
        else:
            jpegs = moving_pictures(width, height, options.jpeg_kilobytes)
            stack.enter_context(bus_camera(bus, jpegs, options.size, FPS))
        yield


def run_directly(module: str, network: SlowNetwork, options: Options) -> dict[str, Any]:
    """One server, its loopback viewer alone and then beside the slow one."""
    port, bus = free_port(), f"tcp://127.0.0.1:{free_port()}"
    environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port)} | OPEN
    path = STREAM_PATH + (f"?{options.query}" if options.query else "")
    with ExitStack() as stack:
        service = ServiceProcess(module, environment, options.directory / f"{module}.log")
        stack.callback(service.stop)
        stack.enter_context(pictures_on(bus, options))
        near = stack.enter_context(Load(options.viewers, port))
        wait_until(lambda: _joins(near), "the server shows pictures", 30)
        near.reset()
        time.sleep(ALONE_SECONDS)
        alone = near.report()
        far = stack.enter_context(Load(options.viewers, port, path, network.server_address, network.prefix))
        near.reset()
        far.reset()
        far.add(1, options.seconds)
        time.sleep(options.seconds)
        return described(far.report(), alone, near.report())


def run_through(gateway: Gateway, program: str, http: str, options: Options) -> dict[str, Any]:
    """As `run_directly`, but with the slow viewer behind the gateway."""
    port, bus = free_port(), f"tcp://127.0.0.1:{free_port()}"
    environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port)} | OPEN
    path = STREAM_PATH + (f"?{options.query}" if options.query else "")
    with ExitStack() as stack:
        stack.callback(ServiceProcess(SERVERS["framecast"], environment, options.directory / "stream.log").stop)
        stack.enter_context(pictures_on(bus, options))
        near = stack.enter_context(Load(options.viewers, port))
        wait_until(lambda: _joins(near), "the server shows pictures", 30)
        near.reset()
        time.sleep(ALONE_SECONDS)
        alone = near.report()
        stack.enter_context(gateway.running(program, port, options.directory))
        far = stack.enter_context(CurlViewer(gateway.url(http) + path, http, gateway.prefix))
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


def results_of(arguments: argparse.Namespace, options: Options) -> dict[str, dict[str, Any]]:
    """By server, or by the gateway's version of HTTP."""
    if arguments.gateway is None:
        with slow_network(arguments.rate) as network:
            return {server: run_directly(SERVERS[server], network, options) for server in arguments.servers.split(",")}
    with gateway_on_slow_network(arguments.rate, limited=not arguments.without_limits) as gateway:
        return {
            f"{arguments.gateway} {http}": run_through(gateway, arguments.gateway, http, options)
            for http in arguments.http.split(",")
        }


def arguments_given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", default="150KB/s", help="such as 20KB/s or 20Mbit/s")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--query", default="", help="of the slow viewer's address, such as quality=auto")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--jpeg-kilobytes", type=float, default=13)
    parser.add_argument("--ingest", action="store_true", help="real ingest and the tests' RTSP camera")
    parser.add_argument("--servers", default="framecast,idiom", help="which of them, comma-separated")
    parser.add_argument("--gateway", choices=["caddy", "nginx"], help="put it between Framecast and the slow viewer")
    parser.add_argument("--http", default="1.1,2", help="the gateway's versions of HTTP, comma-separated")
    parser.add_argument("--without-limits", action="store_true", help="the gateway without its container's sysctls")
    return parser.parse_args()


def main() -> None:
    arguments = arguments_given()
    width, _, height = arguments.size.partition("x")
    clean_up_when_terminated()
    missing = missing_network_parts() or (missing_gateway(arguments.gateway) if arguments.gateway else None)
    if missing:
        print(json.dumps({"benchmark": "slow_viewer", "skipped": missing}))
        return
    with tempfile.TemporaryDirectory() as name:
        options = Options(
            viewers=build("viewers.c", Path(name)),
            directory=Path(name),
            seconds=arguments.seconds,
            query=arguments.query,
            size=(int(width), int(height)),
            jpeg_kilobytes=arguments.jpeg_kilobytes,
            ingest=arguments.ingest,
        )
        results = results_of(arguments, options)
    report(f"network {arguments.rate}, {arguments.size}", results)
    conditions = {"rate": arguments.rate, "size": arguments.size, "query": arguments.query}
    kilobytes = None if arguments.ingest else arguments.jpeg_kilobytes
    print(json.dumps({"benchmark": "slow_viewer", **conditions, "jpeg_kilobytes": kilobytes, **results}))


if __name__ == "__main__":
    main()
