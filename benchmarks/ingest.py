"""The CPU that a camera costs ingest, and the delay of its pictures: our two readers and OpenCV's in one run.

    .venv/bin/python -m benchmarks.ingest [--footage FILE] [--seconds 8] [--rounds 3]

The cameras are the tests' RTSP server. With `--footage` (any file that FFmpeg reads) they send that file, encoded
beforehand. Without, they send the test camera's own picture, which is easier to decode than real footage. CPU is
measured in rounds, one reader after the other, and the median counts. Needs GStreamer's RTSP server, and
gstreamer1.0-libav for the third client of the latency. Prints a table, and the figures as one line of JSON.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.ingest_service import service_cost
from services.ingest.sources import Source, SourceUnavailableError
from tests.support.camera import RtspCamera

SIZES: Final = ((640, 360), (1280, 720), (1920, 1080))
FPS: Final = 30
GOP_SECONDS: Final = 2.0
QUALITY: Final = 80
OPENS: Final = 5
WARM_UP_SECONDS: Final = 3.0
CAPTURE_OPTIONS: Final = "rtsp_transport;tcp|fpsprobesize;0"
KINDS: Final = ("ours", "ffmpeg", "opencv")
"""Our direct reader, our reader through FFmpeg by PyAV, and OpenCV's `VideoCapture`."""
Reader = Callable[[bool], bytes | None]


def our_reader(kind: str, url: str) -> Source:
    # Each process loads what it measures.
    from services.ingest.sources.connection_options import ConnectionOptions  # noqa: PLC0415

    options = ConnectionOptions(url)
    if kind == "ours":
        from services.ingest.sources.rtsp.source import RtspSource  # noqa: PLC0415

        return RtspSource(options)
    from services.ingest.sources.ffmpeg import FfmpegSource  # noqa: PLC0415

    return FfmpegSource(options)


@contextmanager
def reading(kind: str, url: str) -> Iterator[tuple[Reader, Callable[[], Any]]]:
    """A client of `kind` as two functions: one takes a frame (as a JPEG if wanted), one gives a frame's pixels."""
    if kind in ("ours", "ffmpeg"):
        source = our_reader(kind, url)
        source.open()

        def take(wanted: bool) -> bytes | None:
            source.grab()
            picture = source.retrieve() if wanted else None
            return picture.to_jpeg(QUALITY) if picture is not None else None

        def pixels() -> Any:
            source.grab()
            return source.retrieve()

        try:
            yield take, pixels
        finally:
            source.close()
    else:
        import cv2  # noqa: PLC0415 - the same

        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = CAPTURE_OPTIONS
        cv2.setNumThreads(1)
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])

        def take_by_opencv(wanted: bool) -> bytes | None:
            assert capture.grab()
            if not wanted:
                return None
            _, picture = capture.retrieve()
            return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()

        try:
            yield take_by_opencv, lambda: capture.read()[1]
        finally:
            capture.release()


def cpu_per_frame(kind: str, url: str, wanted: bool, seconds: float) -> float:
    """Milliseconds of this process's CPU per frame, after a warm-up."""
    with reading(kind, url) as (take, _):
        warm_at = time.monotonic() + WARM_UP_SECONDS
        while time.monotonic() < warm_at:
            take(wanted)
        frames, begun, cpu = 0, time.monotonic(), time.process_time()
        while time.monotonic() - begun < seconds:
            take(wanted)
            frames += 1
        return (time.process_time() - cpu) * 1000 / frames


def first_picture_from_idle(kind: str, url: str, times: int) -> dict[str, float]:
    """Milliseconds from the request to the JPEG, after an idle time of between one and two GOPs."""
    waits = []
    with reading(kind, url) as (take, _):
        for attempt in range(times):
            until = time.monotonic() + GOP_SECONDS * (1 + (attempt + 1) / times)
            while time.monotonic() < until:
                take(False)
            begun = time.monotonic()
            while take(True) is None:
                pass
            waits.append((time.monotonic() - begun) * 1000)
    return {"p50": statistics.median(waits), "max": max(waits)}


def open_to_first_picture(kind: str, url: str) -> float:
    """Milliseconds from opening the source to the first JPEG. A failed open first loads the libraries."""
    with suppress(AssertionError, SourceUnavailableError), reading(kind, "rtsp://127.0.0.1:1/") as (take, _):
        take(True)
    begun = time.monotonic()
    with reading(kind, url) as (take, _):
        while take(True) is None:
            pass
        return (time.monotonic() - begun) * 1000


def latency(kind: str, url: str, seconds: float, size: tuple[int, int]) -> float:
    """Milliseconds from the time drawn into the picture to the decoded picture, p50."""
    import cv2  # noqa: PLC0415 - used only to read the clock
    import numpy as np  # noqa: PLC0415 - the same

    from tests.support.clock import read_clock  # noqa: PLC0415 - the same

    ages = []

    def note(picture: Any, seen_at: float) -> None:
        if hasattr(picture, "to_jpeg"):
            picture = cv2.imdecode(np.frombuffer(picture.to_jpeg(QUALITY), np.uint8), cv2.IMREAD_GRAYSCALE)
        shown_at = read_clock(picture) if picture is not None else None
        if shown_at is not None:
            ages.append(seen_at * 1000 - shown_at)

    until = time.monotonic() + seconds
    if kind == "gstreamer":
        width, height = size
        pipeline = (
            f"rtspsrc location={url} latency=0 protocols=tcp ! rtph264depay ! avdec_h264 max-threads=1"
            " ! video/x-raw,format=I420 ! fdsink fd=1 sync=false"
        )
        command = ["gst-launch-1.0", "-q", *pipeline.split()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
            assert client.stdout is not None
            while time.monotonic() < until and (raw := client.stdout.read(width * height * 3 // 2)):
                note(np.frombuffer(raw, np.uint8)[: width * height].reshape(height, width), time.time())
            client.terminate()
            client.stdout.close()
    else:
        with reading(kind, url) as (_, pixels):
            while time.monotonic() < until:
                picture = pixels()
                note(picture, time.time())
    return statistics.median(ages[len(ages) // 3 :]) if ages else float("nan")


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run `function` in a process of its own, so its CPU time includes nothing else."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply_async(function, arguments).get(timeout=120)


@contextmanager
def camera(footage: Path | None, directory: Path, width: int, height: int, seconds: float) -> Iterator[RtspCamera]:
    """A camera that sends the footage at this size, or its own picture if there is no footage."""
    recording = None
    if footage is not None:
        recording = directory / f"{height}.mkv"
        encoder = f"-c:v libx264 -preset veryfast -tune zerolatency -bf 0 -g {round(FPS * GOP_SECONDS)}"
        options = f"-t {seconds} -an -vf scale={width}:{height} -pix_fmt yuv420p {encoder}".split()
        source = ["-stream_loop", "-1", "-r", str(FPS), "-i", str(footage)]  # each picture once, at our rate
        command = ["ffmpeg", "-v", "error", "-y", *source, *options, str(recording)]
        subprocess.run(command, check=True)
    with RtspCamera(width=width, height=height, fps=FPS, gop_seconds=GOP_SECONDS, file=recording) as running:
        yield running


def measure(footage: Path | None, seconds: float, rounds: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for width, height in SIZES:
            needed_seconds = 10 * rounds * (seconds + 10) + 60 * (height == SIZES[-1][1])
            with camera(footage, Path(folder), width, height, needed_seconds) as running:
                for name, wanted in (("watched", True), ("idle", False)):
                    figures |= costs(f"{height}p {name}", running.url, seconds, rounds, wanted=wanted)
                if height == SIZES[-1][1]:
                    result = apart(first_picture_from_idle, "ours", running.url, 8)
                    figures |= {f"{height}p idle to picture {name} ms": value for name, value in result.items()}
    for fps in (30, 10):
        with RtspCamera(fps=fps) as running:
            for kind in (*KINDS, "gstreamer"):
                with suppress(OSError):
                    figures[f"latency {fps} fps {kind} ms"] = apart(latency, kind, running.url, seconds, (640, 360))
    for kind in KINDS:
        with RtspCamera() as running:
            waits = [apart(open_to_first_picture, kind, running.url) for _ in range(OPENS)]
            figures[f"open to picture {kind} ms"] = statistics.median(waits)
    width, height = SIZES[-1]
    with RtspCamera(width=width, height=height, fps=10, codec="mjpeg") as running:
        for kind in KINDS:
            figures[f"{height}p mjpeg {kind} ms"] = apart(cpu_per_frame, kind, running.url, True, seconds)
    return figures


def costs(title: str, url: str, seconds: float, rounds: int, *, wanted: bool) -> dict[str, float]:
    """Medians for both readers and for the whole service, measured in turn."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for kind in KINDS:
            found[f"{kind} ms"].append(apart(cpu_per_frame, kind, url, wanted, seconds))
        service = service_cost(url, wanted=wanted, seconds=seconds, fps=FPS)
        found["service ms"].append(service["ms_per_frame"])
        found["service % of a core"].append(service["percent_of_a_core"])
    medians = {name: statistics.median(values) for name, values in found.items()}
    medians["ratio"] = medians["ours ms"] / medians["opencv ms"]
    medians["ffmpeg ratio"] = medians["ffmpeg ms"] / medians["opencv ms"]
    medians["service ratio"] = medians["service ms"] / medians["opencv ms"]
    return {f"{title} {name}": value for name, value in medians.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--footage", type=Path)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    figures = measure(options.footage, options.seconds, options.rounds)
    for name, value in figures.items():
        print(f"{name:<36} {value:>10.3f}")
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
