"""A process for a test, limited as a camera's is: decodes a stream into all its renditions, or never ends a picture.

`python -m tests.ingest.limited_process decode MAX_PIXELS FILE`: ends with 0, or as a camera's process does beyond a
limit. Prints how many bytes of data it took at most, of those it was allowed.
`python -m tests.ingest.limited_process read BYTES URL`: reads an RTSP camera directly to its end, with so much memory
beyond what it has at the start. Prints why it ended.
`python -m tests.ingest.limited_process spin CPU_SECONDS`: draws pictures on two threads that are in time, then one that
is not.
"""

import resource
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.decoding import cpu_limit
from services.ingest.process_limits import cpu_seconds, limit_memory, memory_limit
from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.source import RtspSource
from services.ingest.sources.video_file import VideoFileSource
from services.ingest.worker_main import within_memory
from shared.bus.topics import CAPTURE, MAIN
from shared.settings import DEFAULT_MAX_PIXELS

PICTURES = 8


def data_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmData:")))


def decode(max_pixels: int, path: str) -> None:
    before, most = data_bytes(), 0
    limit_memory(max_pixels)
    cpu_limit.limit_pictures(cpu_seconds(max_pixels))
    renditions = Renditions("cam1", RenderingOptions())
    with closing(VideoFileSource(path, max_pixels=DEFAULT_MAX_PIXELS)) as source:
        source.open()
        for number in range(PICTURES):
            try:
                source.grab()
            except SourceUnavailableError:
                break
            cpu_limit.begin_picture()
            if (picture := source.retrieve()) is not None:
                frames = renditions.render(picture, (MAIN, CAPTURE, "1280", "640", "320"), 0, float(number))
                assert len(frames) == 5
            cpu_limit.end_picture()
            most = max(most, data_bytes() - before)
    sys.stdout.write(f"{most} {memory_limit(max_pixels)}\n")


def read(limit_bytes: int, url: str) -> None:
    """Nobody watches, so that everything waits to be decoded."""
    most = data_bytes() + limit_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    source = RtspSource(ConnectionOptions(url, stall_seconds=2))
    try:
        source.open()
        while True:
            source.grab()
    except SourceUnavailableError as error:
        sys.stdout.write(f"{error}\n")


def spin(seconds: float) -> None:
    cpu_limit.limit_pictures(seconds)
    for _ in range(6):
        cpu_limit.begin_picture()
        burn(seconds / 2)
        cpu_limit.end_picture()
    burn(seconds * 2)
    sys.stdout.write("in time\n")
    sys.stdout.flush()
    cpu_limit.begin_picture()
    threading.Thread(target=show_others, args=(seconds,), daemon=True).start()
    burn(seconds * 20)
    sys.stdout.write("too late\n")


def show_others(seconds: float) -> None:
    """Short pictures of another stream: they must not begin the long one's time anew."""
    for _ in range(200):
        cpu_limit.begin_picture()
        burn(seconds / 10)
        cpu_limit.end_picture()


def burn(seconds: float) -> None:
    """Take this much CPU time on this thread."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


if __name__ == "__main__":
    _, what, amount, *paths = sys.argv
    if what == "spin":
        spin(float(amount))
    elif what == "read":
        within_memory(lambda _: read(int(amount), paths[0]))(threading.Event())
    else:
        within_memory(lambda _: decode(int(amount), paths[0]))(threading.Event())
