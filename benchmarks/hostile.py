"""Hostile connections of each kind, with live viewers beside them.

    .venv/bin/python -m benchmarks.hostile [--service stream|archiver] [--kinds WORDS ...] [--inside] [--seconds 4]

For each kind: how many connections were opened, refused, and closed by the server; the memory that the server took for
them, each one's part of it, and what it has kept since the first kind; the longest gap that a live viewer saw; the
longest wait for /healthz; and the seconds until the server had closed all of them after their end. The connections show
no password; with `--inside` they show a valid token. A row beyond a bound is marked with `!`. Run by root, the servers
and the viewers go before all else on the machine, so that a gap is the server's fault.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from benchmarks.bus_camera import bus_camera
from benchmarks.cores import allow_many_files, build, clean_up_when_terminated, go_first, memory_megabytes
from benchmarks.hostile_clients import Attack
from benchmarks.hostile_kinds import CAMERA_PATH, FRAMES_PATH, Kind, Target, kinds_for
from benchmarks.load import Load, Report
from benchmarks.pictures import moving_pictures
from benchmarks.scrub import fill
from benchmarks.servers import Server
from tests.support.services import Stack
from tests.support.waiting import wait_until

TOKEN: Final = "a-token-of-the-benchmark"  # noqa: S105 a secret of the benchmark's own
AUTHORIZATION: Final = {"Authorization": f"Bearer {TOKEN}"}
VIEWERS: Final = 10
FPS: Final = 30
ARCHIVED_FRAMES: Final = 3000
MOST_MEGABYTES: Final = 150
MOST_GAP_SECONDS: Final = 0.5
MOST_WAIT_SECONDS: Final = 1.0
SAMPLE_SECONDS: Final = 0.2
KEPT_FILES: Final = 25
"""Stream keeps up to 20 connections to the archiver for later."""
_SHEET: Final = f"{FRAMES_PATH}/sprites?ids={','.join(map(str, range(1, 101)))}"
LARGE: Final = {
    "stream": {
        "stream": "/api/camera/stream",
        "snapshot": "/api/camera/snapshot",
        "json": "/api/status",
        "page": "/archive",
        "file": "/camera-feed.js",
        "forwarded zip": f"{FRAMES_PATH}/zip?camera=camera_1",
        "forwarded index": f"{FRAMES_PATH}/index?camera=camera_1",
        "forwarded image": f"{FRAMES_PATH}/7/image",
    },
    "archiver": {
        "stream": f"{FRAMES_PATH}/zip?camera=camera_1",
        "json": f"{FRAMES_PATH}/index?camera=camera_1",
        "file": f"{FRAMES_PATH}/7/image",
        "sheet": _SHEET,
        "days": f"{FRAMES_PATH}/days?camera=camera_1",
        "page of frames": f"{FRAMES_PATH}?camera=camera_1&limit=500",
    },
}


@dataclass(frozen=True, slots=True)
class Row:
    kind: str
    opened: int
    refused: int
    closed: int
    rss_mb: float
    pss_mb: float
    kb_each: float
    kept_mb: float
    gap_s: float
    healthz_s: float
    gone_after_s: float

    @property
    def is_within_bounds(self) -> bool:
        is_small = self.pss_mb <= MOST_MEGABYTES and self.rss_mb <= MOST_MEGABYTES
        has_ended = self.gone_after_s < float("inf")
        return is_small and has_ended and self.gap_s <= MOST_GAP_SECONDS and self.healthz_s <= MOST_WAIT_SECONDS


class Health:
    """Asks /healthz again and again on a thread; each time on a new connection."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/healthz"
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.longest = 0.0

    def _run(self) -> None:
        while not self._end.wait(0.1):
            begun = time.monotonic()
            try:
                with urllib.request.urlopen(self._address, timeout=30) as answer:  # noqa: S310 an address of loopback that this file made
                    answer.read()
                took = time.monotonic() - begun
            except OSError:
                took = float("inf")
            self.longest = max(self.longest, took)

    def stop(self) -> float:
        self._end.set()
        self._thread.join()
        return self.longest


def measure(kind: Kind, server: Server, baseline: float, live: Load, seconds: float) -> Row:
    pid = server.pid
    before, files = memory_megabytes(pid), open_files(pid)
    live.reset()
    health = Health(server.port)
    attack = Attack(kind, server.port, seconds)
    most = memory_megabytes(pid)
    while not attack.is_over():
        time.sleep(SAMPLE_SECONDS)
        for name, megabytes in memory_megabytes(pid).items():
            most[name] = max(most[name], megabytes)
    opened, refused, closed = attack.end()
    gone_after = seconds_until(lambda: open_files(pid) <= files + KEPT_FILES)
    report = live.report()
    rss, pss = most["rss"] - before["rss"], most["pss"] - before["pss"]
    return Row(
        kind=kind.name,
        opened=opened,
        refused=refused,
        closed=closed,
        rss_mb=round(rss, 1),
        pss_mb=round(pss, 1),
        kb_each=round(pss * 1024 / max(1, kind.count), 1),
        kept_mb=round(memory_megabytes(pid)["pss"] - baseline, 1),
        gap_s=longest_gap(report),
        healthz_s=round(health.stop(), 2),
        gone_after_s=round(gone_after, 1),
    )


def longest_gap(report: Report) -> float:
    """The longest time without a picture that any viewer saw, in seconds. Infinite if one was closed."""
    arrivals: dict[int, list[float]] = defaultdict(list)
    for viewer, arrived_at, _ in report.dated:
        arrivals[viewer].append(arrived_at)
    if report.closed or len(arrivals) < VIEWERS:
        return float("inf")
    gaps = (after - before for times in arrivals.values() for before, after in pairwise(times))
    return round(max(gaps, default=float("inf")), 2)


def seconds_until(probe: Callable[[], bool]) -> float:
    """Infinite if it did not come true: the other kinds are to be measured all the same."""
    begun = time.monotonic()
    try:
        wait_until(probe, timeout_seconds=60, patience=1)
    except AssertionError:
        return float("inf")
    return time.monotonic() - begun


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@contextmanager
def running_stack(directory: Path) -> Iterator[Stack]:
    """Stream and archiver as processes, with a camera at 30 fps and months of hourly frames."""
    stack = Stack(directory, VIEWER_TOKEN=TOKEN)
    fill(stack.archive, stack.environment["DATABASE_URL"], ARCHIVED_FRAMES)
    go_first(os.getpid())
    with ExitStack() as running:
        running.enter_context(bus_camera(stack.environment["BUS_BIND"], moving_pictures(640, 360, 12), fps=FPS))
        for name in ("stream", "archiver"):
            running.callback(stack.start(name).stop)
            go_first(stack.services[name].pid)
        wait_until(lambda: _answers(stack, f"{CAMERA_PATH}/snapshot"), "there is a picture", 30)
        wait_until(lambda: _answers(stack, f"{FRAMES_PATH}/latest"), "there is an archive", 30)
        yield stack


def _answers(stack: Stack, path: str) -> bool:
    request = urllib.request.Request(stack.origin + path, headers=AUTHORIZATION)  # noqa: S310 an address of loopback that this file made
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 an address of loopback that this file made
            return bool(answer.read())
    except OSError:
        return False


def shared_stream(stack: Stack) -> str:
    """The path of a share link to the stream, since the viewers show no credentials."""
    body = json.dumps({"camera": "camera_1", "expires_in_seconds": 86_400}).encode()
    headers = AUTHORIZATION | {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{stack.origin}/api/camera/links", body, headers)  # noqa: S310 an address of loopback that this file made
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 an address of loopback that this file made
        return f"/{json.load(answer)['stream_url'].lstrip('/')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", choices=tuple(LARGE), default="stream")
    parser.add_argument(
        "--kinds", nargs="+", default=[""], metavar="WORDS", help="only kinds with one of these in their name"
    )
    parser.add_argument("--inside", action="store_true", help="the connections show a valid token")
    parser.add_argument("--seconds", type=float, default=4, help="how long each kind goes on")
    options = parser.parse_args()
    clean_up_when_terminated()
    allow_many_files()
    headers = f"Authorization: Bearer {TOKEN}\r\n" if options.inside else ""
    target = Target(options.service, LARGE[options.service], headers)
    kinds = [kind for kind in kinds_for(target) if any(words in kind.name for words in options.kinds)]
    with tempfile.TemporaryDirectory() as name, running_stack(Path(name)) as stack:
        viewers = build("viewers.c", Path(name))
        port = int(stack.environment[f"{options.service.upper()}_PORT"])
        server = Server(stack.services[options.service].pid, port)
        with Load(viewers, stack.stream_port, shared_stream(stack)) as live:
            live.add(VIEWERS)
            baseline, rows = memory_megabytes(server.pid)["pss"], []
            for kind in kinds:
                rows.append(measure(kind, server, baseline, live, options.seconds))
                print_row(rows[-1])
    beyond = [row.kind for row in rows if not row.is_within_bounds]
    print(
        f"\nmedian gap {statistics.median(row.gap_s for row in rows)} s; beyond a bound: {', '.join(beyond) or 'none'}"
    )
    result = {"service": options.service, "inside": options.inside, "kinds": [asdict(row) for row in rows]}
    print(json.dumps({"benchmark": "hostile", **result}))


def print_row(row: Row) -> None:
    mark = " " if row.is_within_bounds else "!"
    counts = f"{row.opened:7} opened {row.refused:4} refused {row.closed:6} closed"
    memory = f"+{row.rss_mb:6} MB RSS +{row.pss_mb:6} MB PSS {row.kb_each:7} KB each {row.kept_mb:6} MB kept"
    times = f"gap {row.gap_s:5} s  /healthz {row.healthz_s:5} s  gone after {row.gone_after_s:5} s"
    print(f"{mark} {row.kind:28} {counts}  {memory}  {times}", flush=True)


if __name__ == "__main__":
    main()
