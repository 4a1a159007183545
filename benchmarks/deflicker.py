"""What `deflicker` does to a time-lapse whose exposure hunts: the steps of its mean luma, and CPU time per frame.

    python -m benchmarks.deflicker [--frames 240]

The film is made: a scene, one slow day's light, and an exposure that is off by a tenth from frame to frame (one
standard deviation). It is rendered by the archiver's own process, with and without the option, and decoded again.
"""

import argparse
import math
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.timelapse import HEIGHT, WIDTH, job_for, rendered, written
from services.archiver.timelapse.formats import OutputFormat

EXPOSURE_ERROR = 0.1


def film(count: int) -> list[Image.Image]:
    """The pictures, each with the light of its hour and its own error of exposure."""
    random = np.random.default_rng(1)
    coarse = Image.fromarray(random.integers(60, 150, (9, 16, 3)).astype(np.uint8))
    scene = np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float32)
    errors = 1 + EXPOSURE_ERROR * random.standard_normal(count)
    day = [1 + 0.35 * math.sin(2 * math.pi * n / count) for n in range(count)]
    return [Image.fromarray(np.clip(scene * day[n] * errors[n], 0, 255).astype(np.uint8)) for n in range(count)]


def light(video: Path) -> NDArray[np.float64]:
    """The mean luma of each frame, from 0 to 255."""
    with av.open(video) as container:
        return np.array([frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)])


def unsteadiness(means: NDArray[np.float64]) -> float:
    """The standard deviation of the steps from frame to frame."""
    return float(np.std([after - before for before, after in pairwise(means)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=240)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory)
        frames = written(archive, film(options.frames))
        for deflicker in (False, True):
            job = replace(job_for(archive, frames, OutputFormat.H264), deflicker=deflicker)
            result, means = rendered(job), light(Path(job.output))
            print(
                f"deflicker {'on ' if deflicker else 'off'}  steps {unsteadiness(means):5.2f}  "
                f"from {means.min():.0f} to {means.max():.0f}  CPU {result.cpu_ms_per_frame} ms a frame"
            )


if __name__ == "__main__":
    main()
