"""The CPU that an HTTP camera costs a source, and the wait for its first picture: our reader beside FFmpeg's.

    .venv/bin/python -m benchmarks.http_cameras [--seconds 5] [--rounds 3]

The camera is a process that sends multipart JPEG at 30 fps. Each measurement has a process of its own; the readers take
turns, and the median counts. FFmpeg's is its MJPEG demuxer through PyAV, with the same check of each picture that is
wanted. Prints a line for each size, and for a watched and an idle camera.
"""

import argparse
import itertools
import multiprocessing
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Final

from benchmarks.pictures import moving_pictures
from services.ingest.sources import SourceUnavailableError

FPS: Final = 30
SIZES: Final = ((640, 360, 20), (1280, 720, 70), (1920, 1080, 150))
"""Width and height in pixels, and the size of a JPEG in kilobytes."""
WARM_UP_SECONDS: Final = 3.0
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\nConnection: close\r\n\r\n"
Take = Callable[[bool], Any]


def serve(ready: Connection, width: int, height: int, kilobytes: float) -> None:
    """A camera with one client at a time, until the process is ended."""
    pictures = moving_pictures(width, height, kilobytes)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ready.send(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            try:
                send_pictures(connection, pictures)
            except ConnectionError:
                connection.close()


def send_pictures(connection: socket.socket, pictures: tuple[bytes, ...]) -> None:
    connection.recv(4096)
    connection.sendall(HEAD)
    due = time.monotonic()
    for picture in itertools.cycle(pictures):
        head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
        connection.sendall(head + picture + b"\r\n")
        due += 1 / FPS
        time.sleep(max(0.0, due - time.monotonic()))


@contextmanager
def reading(kind: str, url: str) -> Iterator[Take]:
    """What takes one frame, and makes a picture of it if that is wanted. Each process loads what it measures."""
    if kind == "ours":
        from services.ingest.sources.connection_options import ConnectionOptions  # noqa: PLC0415
        from services.ingest.sources.http import HttpSource  # noqa: PLC0415

        facts_at = [0.0]
        with closing(HttpSource(ConnectionOptions(url), max_fps=FPS)) as source:
            source.open()

            def take(wanted: bool) -> Any:
                source.grab()
                if time.monotonic() > facts_at[0] + 1:  # as a camera's thread does
                    source.facts()
                    facts_at[0] = time.monotonic()
                return source.retrieve() if wanted else None

            yield take
    else:
        import av  # noqa: PLC0415

        from services.ingest.decoding.pictures import JpegPicture  # noqa: PLC0415

        with av.open(url, format="mpjpeg", options={"fpsprobesize": "0"}, timeout=5) as container:
            packets = container.demux(video=0)

            def take_by_ffmpeg(wanted: bool) -> Any:
                packet = next(packets)
                return JpegPicture.checked(bytes(packet)) if wanted else None

            yield take_by_ffmpeg


def measure(kind: str, url: str, wanted: bool, seconds: float) -> tuple[float, float]:
    """Milliseconds of CPU for each frame, and from opening to the first picture."""
    with suppress(SourceUnavailableError, OSError), reading(kind, "http://127.0.0.1:1/"):
        pass  # a failed opening first loads the libraries
    begun = time.monotonic()
    with reading(kind, url) as take:
        while take(True) is None:
            pass
        first = time.monotonic() - begun
        until = time.monotonic() + WARM_UP_SECONDS
        while time.monotonic() < until:
            take(wanted)
        frames, cpu, until = 0, time.process_time(), time.monotonic() + seconds
        while time.monotonic() < until:
            take(wanted)
            frames += 1
        return (time.process_time() - cpu) * 1000 / frames, first * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    for width, height, kilobytes in SIZES:
        ours, theirs = spawn.Pipe()
        camera = spawn.Process(target=serve, args=(theirs, width, height, kilobytes))
        camera.start()
        url = f"http://127.0.0.1:{ours.recv()}/"
        for wanted in (True, False):
            found: dict[str, list[tuple[float, float]]] = {"ours": [], "ffmpeg": []}
            for _, kind in itertools.product(range(options.rounds), found):
                with spawn.Pool(1) as pool:
                    found[kind].append(pool.apply(measure, (kind, url, wanted, options.seconds)))
            for kind, figures in found.items():
                cpu, first = (statistics.median(column) for column in zip(*figures, strict=True))
                watched = "watched" if wanted else "idle"
                print(f"{height}p {watched:8} {kind:7} {cpu:7.3f} ms a frame, first picture after {first:6.1f} ms")
        camera.terminate()
        camera.join()


if __name__ == "__main__":
    main()
