"""The light that flickers from frame to frame is steadied; the day's own is kept."""

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.archiver.files.picture_memory import PictureMemory
from services.archiver.timelapse.child_process import render
from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.render_job import Progress
from tests.archiver.timelapse.pictures import job_of, put

COUNT = 96
_RNG = np.random.default_rng(18)
_SCENE = _RNG.integers(60, 150, (9, 16, 3)).astype(np.uint8)
SCENE = np.asarray(Image.fromarray(_SCENE).resize((320, 180), Image.Resampling.BICUBIC), np.float64)
FLICKER = 1 + 0.12 * _RNG.standard_normal(COUNT)
DAY = np.array([1 + 0.35 * math.sin(2 * math.pi * n / COUNT) for n in range(COUNT)])


async def light(tmp_path: Path, form: OutputFormat, *, deflicker: bool) -> NDArray[np.float64]:
    """The mean luma of each frame of a film whose exposure hunts, through one slow day."""
    pictures = [Image.fromarray(np.clip(SCENE * DAY[n] * FLICKER[n], 0, 255).astype(np.uint8)) for n in range(COUNT)]
    frames = [put(tmp_path / "archive", n, picture) for n, picture in enumerate(pictures)]

    async def go_on(_: Progress) -> bool:
        return True

    job = job_of(tmp_path, frames, form, fps=Fraction(24), deflicker=deflicker, ffmpeg=None)
    await render(job, go_on, PictureMemory())
    if form is OutputFormat.WEBP:
        with Image.open(tmp_path / "out") as animation:
            return np.array([_luma(animation, n) for n in range(getattr(animation, "n_frames", 1))])
    with av.open(tmp_path / "out") as container:
        return np.array([frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)])


def _luma(animation: Image.Image, place: int) -> float:
    animation.seek(place)
    return float(np.asarray(animation.convert("L")).mean())


def unsteadiness(light: NDArray[np.float64]) -> float:
    """The standard deviation of the steps from frame to frame."""
    return float(np.std([after - before for before, after in pairwise(light)]))


@pytest.mark.parametrize("form", [OutputFormat.H264, OutputFormat.WEBM, OutputFormat.WEBP])
async def test_the_steps_from_frame_to_frame_become_small_and_the_day_stays(form: OutputFormat, tmp_path: Path) -> None:
    """Every frame is there, and no hue changes for it."""
    before = await light(tmp_path, form, deflicker=False)
    after = await light(tmp_path, form, deflicker=True)
    assert len(before) == len(after) == COUNT
    assert unsteadiness(after) < unsteadiness(before) / 3
    day = np.convolve(before, np.ones(9) / 9, "valid")
    assert np.corrcoef(np.convolve(after, np.ones(9) / 9, "valid"), day)[0, 1] > 0.95
    assert np.ptp(after) > 0.7 * np.ptp(day)
