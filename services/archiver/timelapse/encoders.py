"""Encoders: pictures in, one file out. The door to PyAV's encoders and to ffmpeg. Runs in the rendering process alone.

Each takes pictures of one size from an iterator, one at a time, and holds only a few of them.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from PIL import Image

from services.archiver.base import texts, timelapse_texts
from services.archiver.timelapse.deflicker import DEFLICKER, deflickered
from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.render_job import RenderJob
from services.archiver.timelapse.video_facts import ORIGIN_TAG
from shared.errors import FramecastError

VP9_QUALITY: Final = 31
"""libvpx's constant quality, 0 to 63: what libvpx's documentation advises for 720p to 1080p."""
VP9_SPEED: Final = 4
H264_QUALITY: Final = 24
"""libx264's constant rate factor, 0 to 51: as good as VP9's by PSNR (docs/decisions/0036-time-lapses-are-h264.md)."""
H264_PRESET: Final = "medium"
WEBP_QUALITY: Final = 75
WEBP_METHOD: Final = 2
KEY_FRAME_SECONDS: Final = 2
"""A player that jumps has to decode everything from the key frame before."""
MOST_THREADS: Final = 4
_LAST_WORDS: Final = 300


class EncoderFailedError(FramecastError):
    """Raised when the encoder fails; the message is in its own words."""


def encode(pictures: Iterator[Image.Image], job: RenderJob) -> None:
    """Write `job.output` from RGB pictures of the job's size.

    Raises:
        EncoderFailedError: when there is no picture, or the encoder fails.
    """
    first = next(pictures, None)
    if first is None:
        raise EncoderFailedError(timelapse_texts.NO_FRAME_READ)
    _ENCODERS[job.form](_chained(first, pictures), job)


def _encode_video(pictures: Iterator[Image.Image], job: RenderJob) -> None:
    import av  # noqa: PLC0415 an extra that one format does without
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc  # noqa: PLC0415

    coding = _CODINGS[job.form]
    # The index comes first, so that a player need not fetch the file's end before it plays.
    options = {"movflags": "faststart"} if coding.container == "mp4" else {}
    try:
        with av.open(job.output, "w", format=coding.container, options=options) as container:
            container.metadata["comment"] = job.origin
            given = {**coding.options, "g": str(_key_frame_distance(job.fps))}
            stream: Any = container.add_stream(coding.codec, rate=job.fps, options=given)
            stream.width, stream.height, stream.pix_fmt = job.width, job.height, "yuv420p"
            context = stream.codec_context
            context.thread_count = min(os.cpu_count() or 1, MOST_THREADS)
            # Stated in the file, since players otherwise guess by the size, and differ.
            context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
            context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
            for frame in _video_frames(pictures, job):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.FFmpegError, ValueError) as error:
        raise EncoderFailedError(str(error)) from error


def _video_frames(pictures: Iterator[Image.Image], job: RenderJob) -> Iterator[Any]:
    """The pictures as frames of PyAV, in the pixels and colours that phones play, each with its time."""
    frames = _converted(pictures, job.fps)
    return deflickered(frames, job.width, job.height, job.fps) if job.deflicker else frames


def _converted(pictures: Iterator[Image.Image], fps: Fraction) -> Iterator[Any]:
    import av  # noqa: PLC0415
    from av.video.reformatter import ColorRange, Colorspace  # noqa: PLC0415

    for number, picture in enumerate(pictures):
        source: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
        frame = source.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
        frame.pts, frame.time_base = number, 1 / fps
        yield frame


def _key_frame_distance(fps: Fraction) -> int:
    return max(1, round(KEY_FRAME_SECONDS * fps))


@dataclass(frozen=True, slots=True)
class _Coding:
    """How PyAV makes a format: the container, the codec, and FFmpeg's options for it."""

    container: str
    codec: str
    options: dict[str, str]


_VP9: Final = {"crf": str(VP9_QUALITY), "b": "0", "deadline": "good", "cpu-used": str(VP9_SPEED), "row-mt": "1"}
# The profile that every phone decodes in hardware. The level follows from size and rate.
_H264: Final = {"crf": str(H264_QUALITY), "preset": H264_PRESET, "profile": "high"}
_CODINGS: Final = {
    OutputFormat.WEBM: _Coding("webm", "libvpx-vp9", _VP9),
    OutputFormat.MP4: _Coding("mp4", "libvpx-vp9", _VP9),
    OutputFormat.H264: _Coding("mp4", "libx264", _H264),
}


def _encode_h264(pictures: Iterator[Image.Image], job: RenderJob) -> None:
    encode_it = _encode_video if job.ffmpeg is None else _pipe_to_ffmpeg
    encode_it(pictures, job)


def _pipe_to_ffmpeg(pictures: Iterator[Image.Image], job: RenderJob) -> None:
    command = _ffmpeg_command(job)
    # The program is the operator's own setting, and every argument is ours.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:  # noqa: S603 a fixed program, and no shell
        assert ffmpeg.stdin is not None  # noqa: S101 piped
        try:
            for picture in pictures:
                ffmpeg.stdin.write(picture.tobytes())
        except BrokenPipeError:
            pass  # its standard error says why
        _, complaints = ffmpeg.communicate()
        if ffmpeg.returncode != 0:
            raise EncoderFailedError(f"ffmpeg: {complaints.decode(errors='replace').strip()[-_LAST_WORDS:]}")


def _ffmpeg_command(job: RenderJob) -> list[str]:
    assert job.ffmpeg is not None  # noqa: S101 checked before the job was given
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{job.width}x{job.height}", "-r", str(job.fps)]
    colours = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    said = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    coding = ["-c:v", "libx264", "-preset", H264_PRESET, "-crf", str(H264_QUALITY), "-movflags", "+faststart"]
    key_frames = ["-g", str(_key_frame_distance(job.fps))]
    quiet = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
    # The path may have any suffix, so the container is named. With "file:" a colon in the path names no protocol.
    target = ["-f", "mp4", f"file:{job.output}"]
    filters = f"{colours},{DEFLICKER}" if job.deflicker else colours
    return [job.ffmpeg, *quiet, *given, "-i", "pipe:0", "-vf", filters, *coding, *key_frames, *said, *target]


class _Animation(Image.Image):
    """Many pictures as one picture with many frames for Pillow. A picture is made only when its frame is read.

    When there are fewer than `frame_count`, the last one stays for the rest of the time.
    """

    def __init__(self, first: Image.Image, rest: Iterator[Image.Image], frame_count: int) -> None:
        super().__init__()
        self.n_frames = frame_count
        self._rest = rest
        self._position = 0
        self._show(first)

    def seek(self, frame: int) -> None:
        if frame == self._position + 1:
            following = next(self._rest, None)
            if following is not None:
                self._show(following)
            self._position = frame

    def tell(self) -> int:
        return self._position

    def _show(self, picture: Image.Image) -> None:
        self.im, self._mode, self._size = picture.im, picture.mode, picture.size


def _encode_webp(pictures: Iterator[Image.Image], job: RenderJob) -> None:
    if job.deflicker:
        pictures = (frame.to_image() for frame in _video_frames(pictures, job))
    animation = _Animation(next(pictures), pictures, len(job.frames))
    exif = Image.Exif()
    exif[ORIGIN_TAG] = job.origin
    try:
        with Path(job.output).open("wb") as file:
            animation.save(
                file,
                "WEBP",
                save_all=True,
                duration=float(1000 / job.fps),
                loop=0,
                exif=exif,
                quality=WEBP_QUALITY,
                method=WEBP_METHOD,
            )
    except (OSError, ValueError, MemoryError) as error:
        raise EncoderFailedError(str(error) or texts.NO_MEMORY) from error


def _chained(first: Image.Image, rest: Iterator[Image.Image]) -> Iterator[Image.Image]:
    yield first
    yield from rest


_ENCODERS: Final[dict[OutputFormat, Callable[[Iterator[Image.Image], RenderJob], None]]] = {
    OutputFormat.WEBM: _encode_video,
    OutputFormat.MP4: _encode_video,
    OutputFormat.H264: _encode_h264,
    OutputFormat.WEBP: _encode_webp,
}
