"""The formats of a time-lapse, what each needs, and whether that is installed."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import Final

from services.archiver.base import texts


class OutputFormat(StrEnum):
    """VP9 in a WebM or an MP4, H.264 in an MP4, or an animated WebP."""

    WEBM = "webm"
    MP4 = "mp4"
    H264 = "h264"
    WEBP = "webp"


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """The file name's suffix, the media type, and how many frames one file can hold."""

    suffix: str
    media_type: str
    max_frames: int


FACTS: Final = {
    OutputFormat.WEBM: FormatFacts(".webm", "video/webm", 100_000),
    OutputFormat.MP4: FormatFacts(".mp4", "video/mp4", 100_000),
    OutputFormat.H264: FormatFacts(".mp4", "video/mp4", 100_000),
    # The encoder and every player hold all its compressed frames in memory.
    OutputFormat.WEBP: FormatFacts(".webp", "image/webp", 1_500),
}


def why_unavailable(form: OutputFormat, ffmpeg: str | None) -> str | None:
    """What to do to get this format; None when it is available. `ffmpeg` is `TIMELAPSE_FFMPEG`."""
    if form in (OutputFormat.WEBM, OutputFormat.MP4) and find_spec("av") is None:
        return texts.NO_VP9
    if form is OutputFormat.H264 and not ffmpeg:
        return texts.NO_H264
    return None
