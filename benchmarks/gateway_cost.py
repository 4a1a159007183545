"""CPU per delivered frame through the gateway's Caddy and without it: the server's process and Caddy's.

    sudo .venv/bin/python -m benchmarks.gateway_cost [--viewers 40] [--seconds 10]

Plain HTTP/1.1. Caddy runs in a namespace with its container's limits; server and Caddy share a core. Needs Debian's
caddy.
"""

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.bus_camera import bus_camera
from benchmarks.cores import LOAD_CORE, SERVER_CORE, build, clean_up_when_terminated, cpu_seconds, on_core
from benchmarks.gateway import PLAIN_PORT, Gateway, gateway_beside, missing_gateway
from benchmarks.load import Load
from benchmarks.pictures import moving_pictures
from benchmarks.servers import FPS, OPEN, SERVERS, Bench, wait_for_picture
from benchmarks.slow_network import missing_network_parts, refuse_taken_network
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

SIZES: Final = {12: (640, 360), 68: (1280, 720)}
"""Kilobytes of a picture: its pixels."""


def cost(load: Load, count: int, seconds: float, *pids: int) -> dict[str, float]:
    """Microseconds of CPU per delivered frame: of the server's process and, if there is one, of the gateway's."""
    load.add(count)
    load.reset()
    before = [cpu_seconds(pid) for pid in pids]
    time.sleep(seconds)
    used = [cpu_seconds(pid) - earlier for pid, earlier in zip(pids, before, strict=True)]
    report = load.report()
    names = ("server_us", "gateway_us")
    each = {name: round(cpu / report.delivered * 1e6, 1) for name, cpu in zip(names, used, strict=False)}
    return each | {"fps": report.median_fps}


def compare(bench: Bench, gateway: Gateway, kilobytes: int, count: int, seconds: float) -> dict[str, dict[str, float]]:
    """The costs of `count` viewers without a gateway, then of as many through Caddy."""
    port, bus = free_port(), f"tcp://127.0.0.1:{free_port()}"
    environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(port)} | OPEN
    jpegs = moving_pictures(*SIZES[kilobytes], kilobytes)
    with ExitStack() as stack:
        with on_core(SERVER_CORE):
            service = ServiceProcess(SERVERS["framecast"], environment, bench.directory / "stream.log")
            stack.callback(service.stop)
            caddy = stack.enter_context(gateway.running("caddy", port, bench.directory))
        with on_core(LOAD_CORE):
            stack.enter_context(bus_camera(bus, jpegs, SIZES[kilobytes], FPS))
            wait_for_picture(bench, port)
            with Load(bench.viewers, port) as load:
                direct = cost(load, count, seconds, service.pid)
            wait_until(lambda: _serves(bench, gateway), "Caddy serves", 10)
            with Load(bench.viewers, PLAIN_PORT, host=gateway.address) as load:
                through = cost(load, count, seconds, service.pid, caddy)
    return {"direct": direct, "caddy": through}


def _serves(bench: Bench, gateway: Gateway) -> bool:
    with Load(bench.viewers, PLAIN_PORT, host=gateway.address) as load:
        try:
            load.add(1, 1)
        except AssertionError:
            return False
        return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    clean_up_when_terminated()
    if missing := missing_network_parts() or missing_gateway("caddy"):
        print(json.dumps({"benchmark": "gateway_cost", "skipped": missing}))
        return
    refuse_taken_network()
    results = {}
    with tempfile.TemporaryDirectory() as name, gateway_beside() as gateway:
        directory = Path(name)
        bench = Bench(directory, build("viewers.c", directory), directory)
        for kilobytes in SIZES:
            results[f"{kilobytes} KB"] = compare(bench, gateway, kilobytes, arguments.viewers, arguments.seconds)
            print(f"{kilobytes} KB  {results[f'{kilobytes} KB']}")
    print(json.dumps({"benchmark": "gateway_cost", "viewers": arguments.viewers, **results}))


if __name__ == "__main__":
    main()
