"""The formats of a time-lapse, what each needs, and whether that is installed."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from typing import Final

from services.archiver.base import timelapse_texts


class OutputFormat(StrEnum):
    """VP9 in a WebM or an MP4, H.264 in an MP4 (the default: every phone plays it), or an animated WebP."""

    WEBM = "webm"
    MP4 = "mp4"
    H264 = "h264"
    WEBP = "webp"


DEFAULT_FORMAT: Final = OutputFormat.H264


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """The file name's suffix, the media type, and how many frames one file can hold.

    `share_of_stills` is how many bytes a picture takes, beside the same picture alone in the archive: roughly, as
    measured by `benchmarks.timelapse`.
    """

    suffix: str
    media_type: str
    max_frames: int
    share_of_stills: float


FACTS: Final = {
    OutputFormat.WEBM: FormatFacts(".webm", "video/webm", 100_000, 0.3),
    OutputFormat.MP4: FormatFacts(".mp4", "video/mp4", 100_000, 0.3),
    OutputFormat.H264: FormatFacts(".mp4", "video/mp4", 100_000, 0.6),
    # The encoder and every player hold all its compressed frames in memory.
    OutputFormat.WEBP: FormatFacts(".webp", "image/webp", 1_500, 0.85),
}


def format_of_suffix(suffix: str) -> OutputFormat:
    """The format of a video that nothing else is known of; of the two in MP4 the usual one."""
    return next(form for form in (DEFAULT_FORMAT, *FACTS) if FACTS[form].suffix == suffix)


def why_unavailable(form: OutputFormat, ffmpeg: str | None, *, deflicker: bool = False) -> str | None:
    """What to do to get this format; None when it is available. `ffmpeg` is `TIMELAPSE_FFMPEG`."""
    needs_nothing = (form is OutputFormat.WEBP and not deflicker) or (form is OutputFormat.H264 and ffmpeg)
    return timelapse_texts.NO_VIDEO_ENCODER if not needs_nothing and find_spec("av") is None else None
