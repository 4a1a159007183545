"""The memory of the three services with one camera and the archiver, at rest and with one viewer. Linux.

    .venv/bin/python -m benchmarks.memory_at_rest [--seconds 30] [--python PYTHON] [--without-control]

PSS counts a page that several processes share for each of them in part, so their sum is what the stack takes. `written`
is what a process does not share with a file: the rest are pages of libraries, which the kernel can drop and read again.
`--python` is that of an environment with what users install (`requirements/run.txt`): the tests' environment has
libraries that structlog and others load when they are there. `--without-control` leaves out what lets the owner decide
at the page. The first start makes the database and captures a frame.
"""

import argparse
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.camera import RtspCamera
from tests.support.services import Stack
from tests.support.starved import process_tree

KIB: Final = 1024
VIEWING_SECONDS: Final = 10.0


def processes(stack: Stack) -> Iterator[tuple[str, float, float]]:
    """Each process's name, its PSS and what it has written, in MB."""
    for name, service in stack.services.items():
        for pid in process_tree(service.pid):
            fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
            pss, written = (int(fields[field].split()[0]) / KIB for field in ("Pss", "Pss_Anon"))
            is_own = pid == service.pid
            yield name if is_own else f"{name}: {_name_of(pid)}", pss, written


def _name_of(pid: int) -> str:
    if "template" in Path(f"/proc/{pid}/cmdline").read_text() and not _shown(pid).startswith("camera"):
        return "template"
    return _shown(pid)


def _shown(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def report(stack: Stack, when: str) -> None:
    rows = list(processes(stack))
    for name, pss, written in [*rows, ("all", sum(row[1] for row in rows), sum(row[2] for row in rows))]:
        print(f"{when:12} {name:26} {pss:6.1f} MB PSS, {written:6.1f} MB written")


def watch(stack: Stack, seconds: float) -> None:
    with urllib.request.urlopen(f"{stack.origin}/api/camera/stream", timeout=20) as answer:  # noqa: S310 - our own server
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answer.read(1 << 16)
        report(stack, "one viewer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--python")
    parser.add_argument("--without-control", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, RtspCamera() as camera:
        sys.executable = str(Path(options.python or sys.executable).absolute())  # of the services
        switched = {"BUS_CONTROL": ""} if options.without_control else {}
        with Stack(Path(directory), CAMERA_RTSP_URL=camera.url, **switched) as stack:
            time.sleep(options.seconds)
            report(stack, "at rest")
            watch(stack, VIEWING_SECONDS)


if __name__ == "__main__":
    main()
