"""The cost of showing one camera to many viewers: Framecast's stream, a C floor and FastAPI's idiom in one run.

The server has one core and the viewers another. A frame counts only if a viewer received all of it.

    .venv/bin/python -m benchmarks.fanout                       CPU per delivered frame, 100 viewers
    .venv/bin/python -m benchmarks.fanout --beside DIR          the same beside another checkout's, in turns
    .venv/bin/python -m benchmarks.fanout --viewers 3000        how well one core serves 3,000 viewers
    .venv/bin/python -m benchmarks.fanout --probe 1000          age of pictures for a lone viewer and among 1,000
    .venv/bin/python -m benchmarks.fanout --memory 1000         memory with 1,000 viewers, and after ten such crowds
    .venv/bin/python -m benchmarks.fanout --first-picture       a new viewer's wait for the first picture
    .venv/bin/python -m benchmarks.fanout --answers 2000        response times of health and API beside 2,000 viewers
"""

import argparse
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

from benchmarks.cores import (
    LOAD_CORE,
    allow_many_files,
    build,
    clean_up_when_terminated,
    cpu_seconds,
    memory_megabytes,
    on_core,
)
from benchmarks.load import Load, percentile
from benchmarks.pictures import moving_pictures
from benchmarks.servers import FLOOR, FPS, SERVERS, Bench, served
from tests.support.camera import RtspCamera, missing_camera_parts
from tests.support.services import ROOT, Stack
from tests.support.waiting import wait_until

WARM_UP_SECONDS: Final = 1.5
BUSY_SHARE: Final = 0.25
"""Side by side, a busy machine may deliver no more than this share of the pictures to each."""
SMALL: Final = (640, 360)
SIZES: Final = {"12 KB": (SMALL, 12.0), "68 KB": ((1280, 720), 68.0)}


def cost_of(  # noqa: PLR0913 - each is the measurement's own
    bench: Bench, name: str, kind: str, viewers: int, seconds: float, *, root: Path = ROOT, least_share: float = 0.8
) -> float:
    """Microseconds of the server's CPU per delivered frame. At least `least_share` of the camera's rate must arrive."""
    size, kilobytes = SIZES[kind]
    jpegs = moving_pictures(*size, kilobytes)
    with (
        served(bench, name, jpegs, size, root) as server,
        on_core(LOAD_CORE),
        Load(bench.viewers, server.port, spin=True) as load,
    ):
        load.add(viewers)
        time.sleep(WARM_UP_SECONDS)
        load.reset()
        before = cpu_seconds(server.pid)
        time.sleep(seconds)
        used = cpu_seconds(server.pid) - before
        report = load.report()
    assert not report.closed, f"{name}: {report.closed} viewers were cut"
    assert report.median_fps > FPS * least_share, f"{name}: only {report.median_fps} fps"
    return used / report.delivered * 1e6


def costs(bench: Bench, viewers: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Measure the servers in turn, `rounds` times. The minimum counts, because other load only adds time."""
    result: dict[str, Any] = {}
    print(f"{f'{viewers} viewers, {FPS} fps':24} {'floor us':>9} {'framecast us':>13} {'ratio':>6} ", end="")
    print(f"{'idiom us':>9} {'ratio':>6}")
    for kind in SIZES:
        found: dict[str, list[float]] = {name: [] for name in (FLOOR, *SERVERS)}
        for _ in range(rounds):
            for name, us in found.items():
                us.append(round(cost_of(bench, name, kind, viewers, seconds), 2))
        floor, ours, idiom = (min(us) for us in found.values())
        print(f"{kind:24} {floor:9.2f} {ours:13.2f} {ours / floor:6.2f} {idiom:9.2f} {idiom / floor:6.2f}")
        result[kind] = {
            **{f"{name}_us": min(us) for name, us in found.items()},
            "ratio": round(ours / floor, 2),
            "idiom_ratio": round(idiom / floor, 2),
            "rounds_us": found,
        }
    return result


def costs_beside(bench: Bench, there: Path, viewers: int, seconds: float, rounds: int) -> dict[str, Any]:
    """The floor, this checkout and another one in turns. Both use this environment. A busy machine slows all three."""
    result: dict[str, Any] = {}
    servers = {FLOOR: (FLOOR, ROOT), "here": ("framecast", ROOT), "there": ("framecast", there)}
    for kind in SIZES:
        found: dict[str, list[float]] = {name: [] for name in servers}
        for turn in range(rounds):
            for name in sorted(servers, reverse=bool(turn % 2)):
                server, root = servers[name]
                us = cost_of(bench, server, kind, viewers, seconds, root=root, least_share=BUSY_SHARE)
                found[name].append(round(us, 2))
        floor, here, there_us = (statistics.median(us) for us in found.values())
        print(f"{kind}: floor {floor:.2f} us, here {here:.2f} ({here / floor:.2f}), ", end="")
        print(f"there {there_us:.2f} ({there_us / floor:.2f}); here over there {here / there_us:.2f}; {found}")
        result[kind] = {"here_over_there": round(here / there_us, 3), "rounds_us": found}
    return result


def crowd(bench: Bench, viewers: int, seconds: float, kilobytes: float) -> dict[str, Any]:
    """Frame rate, age and CPU when one core serves `viewers` viewers."""
    jpegs = moving_pictures(*SMALL, kilobytes)
    with (
        served(bench, "framecast", jpegs, SMALL) as server,
        on_core(LOAD_CORE),
        Load(bench.viewers, server.port) as load,
    ):
        began = time.monotonic()
        load.add(viewers, 120)
        arrival = time.monotonic() - began
        time.sleep(WARM_UP_SECONDS)
        load.reset()
        before, load_before = cpu_seconds(server.pid), cpu_seconds(load.pid)
        time.sleep(seconds)
        used, load_used = cpu_seconds(server.pid) - before, cpu_seconds(load.pid) - load_before
        report = load.report()
    result = {
        "viewers": viewers,
        "jpeg_bytes": round(statistics.mean(map(len, jpegs))),
        "arrival_seconds": round(arrival, 1),
        "closed": report.closed,
        "slowest_fps": report.slowest_fps,
        "median_fps": report.median_fps,
        "server_core": round(used / report.seconds, 2),
        "viewers_core": round(load_used / report.seconds, 2),
        "us_per_frame": round(used / report.delivered * 1e6, 2),
        "age_p99_ms": percentile(report.ages_ms, 99),
    }
    print_rows(result)
    return result


def probe(bench: Bench, viewers: int, seconds: float) -> dict[str, Any]:
    """Ages of pictures for a lone viewer, then for five spread among `viewers` others: first, last and in between."""
    jpegs = moving_pictures(*SMALL, 13)
    quarter = viewers // 4
    with (
        served(bench, "framecast", jpegs, SMALL) as server,
        on_core(LOAD_CORE),
        # A process of their own with a higher priority, so they do not queue behind the others' reads.
        Load(bench.viewers, server.port, prefix=["nice", "-n", "-5"]) as watched,
        Load(bench.viewers, server.port) as others,
    ):
        watched.add(1)
        time.sleep(WARM_UP_SECONDS)
        watched.reset()
        time.sleep(seconds)
        lone = watched.report().ages_ms
        for _ in range(4):
            others.add(quarter)
            watched.add(1)
        time.sleep(WARM_UP_SECONDS)
        watched.reset()
        others.reset()
        before = cpu_seconds(server.pid)
        time.sleep(seconds)
        used = cpu_seconds(server.pid) - before
        among = watched.report().ages_ms
        crowd_report = others.report()
    result = {
        "viewers": viewers,
        "lone_p50_ms": percentile(lone, 50),
        "lone_p99_ms": percentile(lone, 99),
        "among_p50_ms": percentile(among, 50),
        "among_p99_ms": percentile(among, 99),
        "p99_over_lone_p50_ms": round(percentile(among, 99) - percentile(lone, 50), 1),
        "slowest_fps": crowd_report.slowest_fps,
        "server_core": round(used / crowd_report.seconds, 2),
    }
    print_rows(result)
    return result


def memory(bench: Bench, viewers: int, times: int) -> dict[str, Any]:
    """The server's memory with one viewer, with `viewers`, and after each of `times` crowds has left."""
    jpegs = moving_pictures(*SMALL, 13)
    with (
        served(bench, "framecast", jpegs, SMALL) as server,
        on_core(LOAD_CORE),
        Load(bench.viewers, server.port) as load,
    ):
        load.add(1)
        result: dict[str, Any] = {"viewers": viewers, "one_viewer_mb": memory_megabytes(server.pid)}
        after = []
        for turn in range(times):
            load.add(viewers)
            time.sleep(WARM_UP_SECONDS)
            if turn == 0:
                result["with_viewers_mb"] = memory_megabytes(server.pid)
            load.drop()
            time.sleep(WARM_UP_SECONDS)
            after.append(memory_megabytes(server.pid)["pss"])
    result["pss_after_each_turn_mb"] = after
    print_rows(result)
    return result


def answers(bench: Bench, viewers: int, seconds: float) -> dict[str, Any]:
    """Response times of health and API in milliseconds. Each request opens a connection, as a health check does."""
    jpegs = moving_pictures(*SMALL, 13)
    found: dict[str, list[float]] = {path: [] for path in ("/healthz", "/api/devices")}
    with (
        served(bench, "framecast", jpegs, SMALL) as server,
        on_core(LOAD_CORE),
        Load(bench.viewers, server.port) as load,
    ):
        load.add(viewers, 120)
        time.sleep(WARM_UP_SECONDS)
        load.reset()
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            for path, times in found.items():
                asked = time.monotonic()
                with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as response:
                    response.read()
                times.append((time.monotonic() - asked) * 1000)
            time.sleep(0.037)  # no multiple of the frame period, so requests fall anywhere between two frames
        report = load.report()
    result: dict[str, Any] = {"viewers": viewers, "slowest_fps": report.slowest_fps}
    for path, times in found.items():
        result[path] = {
            "asked": len(times),
            "p50_ms": round(statistics.median(times), 1),
            "most_ms": round(max(times), 1),
        }
    print_rows(result)
    return result


def first_pictures(bench: Bench, tries: int) -> dict[str, Any]:
    """Time to the first picture, with real ingest and a real camera, because ingest has to start encoding."""
    with (
        RtspCamera(fps=FPS) as camera,
        Stack(bench.directory, CAMERA_RTSP_URL=camera.url) as stack,
        Load(bench.viewers, stack.stream_port) as load,
    ):
        unwatched = []
        for _ in range(tries):
            wait_until(lambda: stack.status()["state"] == "idle", "the camera is idle")
            load.add(1)
            unwatched.append(load.report().first_seconds[0] * 1000)
            load.drop()
        load.add(tries + 1)
        for _ in range(tries):
            load.add(1)
            time.sleep(0.041)  # a little more than a frame, so viewers join at any moment of the frame period
        watched = [seconds * 1000 for seconds in load.report().first_seconds[tries + 1 :]]
    result = {
        "tries": tries,
        **{f"watched_{name}": value for name, value in spread(watched).items()},
        **{f"not_watched_{name}": value for name, value in spread(unwatched).items()},
    }
    print_rows(result)
    return result


def spread(values_ms: list[float]) -> dict[str, float]:
    return {"median_ms": round(statistics.median(values_ms), 1), "most_ms": round(max(values_ms), 1)}


def print_rows(result: dict[str, Any]) -> None:
    for name, value in result.items():
        print(f"{name.replace('_', ' '):24} {value}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, help="measure a crowd of this size on one core")
    parser.add_argument("--beside", type=Path, metavar="DIR")
    parser.add_argument("--probe", type=int, metavar="VIEWERS")
    parser.add_argument("--memory", type=int, metavar="VIEWERS")
    parser.add_argument("--first-picture", action="store_true")
    parser.add_argument("--answers", type=int, metavar="VIEWERS")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--jpeg-kilobytes", type=float, default=13, help="size of the crowd's pictures, 640x360")
    options = parser.parse_args()
    clean_up_when_terminated()
    allow_many_files()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        bench = Bench(directory, build("viewers.c", directory), build("fanout_reference.c", directory))
        if options.viewers:
            result = {"crowd": crowd(bench, options.viewers, options.seconds, options.jpeg_kilobytes)}
        elif options.beside:
            there = options.beside.resolve()
            result = {"beside": costs_beside(bench, there, 100, options.seconds, options.rounds)}
        elif options.probe:
            result = {"probe": probe(bench, options.probe, options.seconds)}
        elif options.memory:
            result = {"memory": memory(bench, options.memory, times=10)}
        elif options.answers:
            result = {"answers": answers(bench, options.answers, options.seconds)}
        elif options.first_picture:
            missing = missing_camera_parts()
            result = {"first_picture": {"skipped": missing} if missing else first_pictures(bench, tries=15)}
        else:
            result = {"costs": costs(bench, 100, options.seconds, options.rounds)}
    print(json.dumps({"benchmark": "fanout", "fps": FPS, **result}))


if __name__ == "__main__":
    main()
