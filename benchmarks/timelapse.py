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
from collections.abc import Iterable, Iterator
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
    share_of_stills: float


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


def written(archive: Path, made: Iterable[Image.Image]) -> tuple[SourceFrame, ...]:
    """Write the pictures as the archiver does: WebP files."""
    frames = []
    for n, picture in enumerate(made):
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=80, method=4)
        (archive / f"{n}.webp").write_bytes(file.getvalue())
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=n)
        frames.append(SourceFrame(n, f"{n}.webp", hashlib.sha256(file.getvalue()).hexdigest(), at))
    return tuple(frames)


def job_for(archive: Path, frames: tuple[SourceFrame, ...], form: OutputFormat, ffmpeg: str | None = None) -> RenderJob:
    """All frames at the benchmark's size and rate, with the time printed in."""
    output = archive / f"out.{form}"
    return RenderJob(str(archive), str(output), form, WIDTH, HEIGHT, Fraction(FPS), "UTC", ffmpeg, frames)


def rendered(job: RenderJob) -> Result:
    """Render it in a process of its own."""
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
    stills_bytes = sum((Path(job.archive) / frame.path).stat().st_size for frame in job.frames)
    file_bytes = Path(job.output).stat().st_size
    last = decode_report(lines[-1])
    assert isinstance(last, Progress)
    assert process.returncode == 0, last.error
    assert last.done == len(job.frames)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Result(
        job.form.value if job.ffmpeg is None else f"{job.form} (ffmpeg)",
        last.done,
        round(seconds, 2),
        round(1000 * cpu_seconds / last.done, 1),
        round(last.done / seconds, 1),
        file_bytes // 1000,
        round(file_bytes / stills_bytes, 2),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", nargs="?", help="a video file")
    parser.add_argument("--frames", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory)
        frames = written(archive, pictures(options.footage, options.frames))
        jobs = [job_for(archive, frames, form) for form in OutputFormat]
        ffmpeg = shutil.which("ffmpeg")
        jobs += [job_for(archive, frames, OutputFormat.H264, ffmpeg)] if ffmpeg else []
        results = [rendered(job) for job in jobs]
    print(f"{WIDTH}x{HEIGHT}, {options.frames} frames, time printed in, {os.cpu_count()} cores")
    print(f"{'format':16}{'frames/s':>10}{'CPU ms/frame':>14}{'kB':>8}{'of stills':>11}")
    for each in results:
        row = f"{each.format:16}{each.frames_per_second:>10}{each.cpu_ms_per_frame:>14}"
        print(f"{row}{each.kilobytes:>8}{each.share_of_stills:>11}")
    print(json.dumps([asdict(result) for result in results]))


if __name__ == "__main__":
    main()
