"""Programs that read each picture at once, while pictures become smaller and larger, as when a light goes off and on.

How many of each size they got, and how long they saw nothing new:

    .venv/bin/python -m benchmarks.changing_pictures [--kilobytes 60:8 6:10 60:6] [--fps 25] [--programs 6]
    .venv/bin/python -m benchmarks.changing_pictures --beside DIR    (at the same time, another checkout's)

`--kilobytes`: each size and for how many seconds. While the first lasts, the programs come.
"""

import argparse
import json
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Final

from benchmarks.bus_camera import BusCamera, cameras_apart
from benchmarks.cores import clean_up_when_terminated
from benchmarks.load import STREAM_PATH
from benchmarks.servers import streams
from benchmarks.slow_reader import shows
from tests.support.mjpeg import read_parts
from tests.support.ports import free_port
from tests.support.waiting import wait_until

PHASES: Final = ("150:8", "15:10", "60:5", "6:10", "60:6")
NEAR: Final = (0.9, 1.0, 1.0, 1.1)
"""What sizes of one phase are multiples of, in turn. Two in a row are the same: then a kernel adapts to it."""
PHASE_BYTE: Final = 3
"""Where a picture says to which phase it belongs. It holds no image, but nothing here decodes it."""


@dataclass(slots=True)
class Phase:
    """So many seconds of pictures of about this size."""

    kilobytes: float
    seconds: float

    def pictures(self, number: int, fps: float) -> list[bytes]:
        factors = islice(cycle(NEAR), round(self.seconds * fps))
        sizes = (round(self.kilobytes * 1000 * factor) for factor in factors)
        return [b"\xff\xd8\xff" + bytes([number]) + bytes(size - 6) + b"\xff\xd9" for size in sizes]


@dataclass(slots=True)
class Program:
    """Reads a stream. `seen` has the time of each picture, by its phase."""

    url: str
    seen: defaultdict[int, list[float]] = field(default_factory=partial(defaultdict, list))

    def read(self, until: float) -> None:
        last = 0
        with urllib.request.urlopen(self.url, timeout=15) as answer:  # noqa: S310 - our own server's
            for part in read_parts(answer):
                if not part.is_live:
                    continue
                number = part.jpeg[PHASE_BYTE]
                if number < last or time.monotonic() > until:
                    return  # the camera begins anew
                last = number
                self.seen[number].append(time.monotonic())


def measured(arguments: argparse.Namespace, phases: list[Phase]) -> dict[str, list[Program]]:
    clean_up_when_terminated()
    pictures = [picture for number, phase in enumerate(phases) for picture in phase.pictures(number, arguments.fps)]
    seconds = len(pictures) / arguments.fps
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bus = f"tcp://127.0.0.1:{free_port()}"
        ports = stack.enter_context(streams(directory, bus, arguments.beside, {}))
        urls = {name: f"http://127.0.0.1:{port}{STREAM_PATH}" for name, port in ports.items()}
        stack.enter_context(cameras_apart(partial(BusCamera, bus, pictures, (1280, 720), arguments.fps)))
        for url in urls.values():
            wait_until(partial(shows, url), "stream shows pictures", 30)
        programs = {name: [Program(url) for _ in range(arguments.programs)] for name, url in urls.items()}
        until = time.monotonic() + seconds + 5
        readers = [threading.Thread(target=each.read, args=(until,)) for name in urls for each in programs[name]]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(seconds + 20)
        return programs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kilobytes", nargs="+", default=PHASES, metavar="SIZE:SECONDS")
    parser.add_argument("--fps", type=float, default=25)
    parser.add_argument("--programs", type=int, default=6)
    parser.add_argument("--beside", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    phases = [Phase(*(float(number) for number in text.split(":"))) for text in arguments.kilobytes]
    rows = []
    print("server    kilobytes  least share middle share longest gap s")
    for name, programs in measured(arguments, phases).items():
        for number, phase in list(enumerate(phases))[1:]:
            counts = sorted(len(program.seen[number]) / (phase.seconds * arguments.fps) for program in programs)
            gaps = [later - earlier for each in programs for earlier, later in pairwise(each.seen[number])]
            row = {
                "kilobytes": phase.kilobytes,
                "least_share": round(counts[0], 2),
                "middle_share": round(counts[len(counts) // 2], 2),
                "longest_gap_seconds": round(max(gaps, default=phase.seconds), 1),
            }
            rows.append({"server": name} | row)
            print(f"{name:6} " + " ".join(f"{value:12}" for value in row.values()))
    print(json.dumps({"benchmark": "changing_pictures", "fps": arguments.fps, "rows": rows}))


if __name__ == "__main__":
    main()
