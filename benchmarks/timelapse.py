"""The speed of time-lapse rendering at 720p: frames per second, and CPU time per frame.

    python -m benchmarks.timelapse [--frames 300] [FOOTAGE]

Starts the same rendering process as the archiver, at the same low priority, so the machine should be idle otherwise.
Without footage it renders generated pictures.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
from PIL import Image

from benchmarks.pictures import moving_pictures
from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.render_job import Progress, RenderJob, SourceFrame, decode_report

WIDTH: Final = 1280
HEIGHT: Final = 720
FPS: Final = 24
EVERY_NTH: Final = 5
"""Takes every fifth picture of the footage, so that frames differ as much as in a time-lapse."""


@dataclass(frozen=True, slots=True)
class Result:
    format: str
    frames: int
    seconds: float
    cpu_ms_per_frame: float
    frames_per_second: float
    kilobytes: int


def pictures(footage: str | None, count: int) -> Iterator[Image.Image]:
    """`count` pictures; starts again from the beginning if there are fewer."""
    if footage is None:
        made = moving_pictures(WIDTH, HEIGHT, 120, 60)
        for n in range(count):
            yield Image.open(io.BytesIO(made[n % len(made)]))
        return
    capture = cv2.VideoCapture(footage)
    length = max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) - 1)
    for n in range(count):
        capture.set(cv2.CAP_PROP_POS_FRAMES, n * EVERY_NTH % length)
        read, picture = capture.read()
        assert read, f"{footage} can't be read"
        yield Image.fromarray(picture[:, :, ::-1]).resize((WIDTH, HEIGHT))


def archived(archive: Path, footage: str | None, count: int) -> tuple[SourceFrame, ...]:
    """Write the pictures as the archiver does: WebP files."""
    frames = []
    for n, picture in enumerate(pictures(footage, count)):
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=80, method=4)
        (archive / f"{n}.webp").write_bytes(file.getvalue())
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=n)
        frames.append(SourceFrame(n, f"{n}.webp", hashlib.sha256(file.getvalue()).hexdigest(), at))
    return tuple(frames)


def rendered(archive: Path, frames: tuple[SourceFrame, ...], form: OutputFormat) -> Result:
    output = archive / f"out.{form}"
    job = RenderJob(
        str(archive), str(output), form, WIDTH, HEIGHT, Fraction(FPS), "UTC", shutil.which("ffmpeg"), frames
    )
    began = time.monotonic()
    command = [sys.executable, "-m", "services.archiver.timelapse"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(job.encode())
        process.stdin.close()
        lines = process.stdout.readlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    last = decode_report(lines[-1])
    assert isinstance(last, Progress)
    assert process.returncode == 0, last.error
    assert last.done == len(frames)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Result(
        form.value,
        last.done,
        round(seconds, 2),
        round(1000 * cpu_seconds / last.done, 1),
        round(last.done / seconds, 1),
        output.stat().st_size // 1000,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", nargs="?", help="a video file")
    parser.add_argument("--frames", type=int, default=300)
    options = parser.parse_args()
    forms = [form for form in OutputFormat if form is not OutputFormat.H264 or shutil.which("ffmpeg")]
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory)
        frames = archived(archive, options.footage, options.frames)
        results = [rendered(archive, frames, form) for form in forms]
    print(f"{WIDTH}x{HEIGHT}, {options.frames} frames, time printed in, {os.cpu_count()} cores")
    print(f"{'format':8}{'frames/s':>10}{'CPU ms/frame':>14}{'kB':>8}")
    for result in results:
        print(f"{result.format:8}{result.frames_per_second:>10}{result.cpu_ms_per_frame:>14}{result.kilobytes:>8}")
    print(json.dumps([asdict(result) for result in results]))


if __name__ == "__main__":
    main()
