"""The formats a time-lapse can have, what each needs, and whether that is here."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import Final


class OutputFormat(StrEnum):
    """VP9 in a WebM or an MP4, H.264 in an MP4, or an animated WebP."""

    WEBM = "webm"
    MP4 = "mp4"
    H264 = "h264"
    WEBP = "webp"


@dataclass(frozen=True, slots=True)
class FormatFacts:
    suffix: str
    media_type: str
    max_frames: int


FACTS: Final = {
    OutputFormat.WEBM: FormatFacts(".webm", "video/webm", 100_000),
    OutputFormat.MP4: FormatFacts(".mp4", "video/mp4", 100_000),
    OutputFormat.H264: FormatFacts(".mp4", "video/mp4", 100_000),
    # Every compressed frame of it is held in memory until the end, by whoever writes it and by whoever shows it.
    OutputFormat.WEBP: FormatFacts(".webp", "image/webp", 1_500),
}


def why_unavailable(form: OutputFormat, ffmpeg: str | None) -> str | None:
    """What to do to get this format; None when it is at hand. `ffmpeg` is `TIMELAPSE_FFMPEG`."""
    if form in (OutputFormat.WEBM, OutputFormat.MP4) and find_spec("av") is None:
        return (
            "No VP9 encoder is installed beside the archiver: add its extra 'timelapse' (pip install -r "
            "requirements/timelapse.txt), or ask for the format 'webp'."
        )
    if form is OutputFormat.H264 and not ffmpeg:
        return "H.264 needs a program of yours: set TIMELAPSE_FFMPEG to an ffmpeg with libx264, or ask for 'webm'."
    return None


def is_program(path: str) -> bool:
    """Whether this can be run, as a path or by its name in PATH."""
    return shutil.which(path) is not None
