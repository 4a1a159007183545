"""Encoders: pictures in, one file out. The only door to PyAV and to ffmpeg; runs in the rendering process alone.

All take pictures of one size from an iterator, one at a time, and hold few of them.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from PIL import Image

from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.render_job import RenderOrder
from shared.errors import FramecastError

VP9_QUALITY: Final = 31
"""libvpx's constant quality, 0 to 63: what its makers advise for 720p to 1080p."""
VP9_SPEED: Final = 4
H264_QUALITY: Final = 21
WEBP_QUALITY: Final = 75
WEBP_METHOD: Final = 2
KEY_FRAME_SECONDS: Final = 2
"""Between two of them a player can't jump without decoding all that lies between."""
MOST_THREADS: Final = 4
_LAST_WORDS: Final = 300


class EncoderFailedError(FramecastError):
    """Raised when the encoder gives up, in its own words."""


def encode(pictures: Iterator[Image.Image], order: RenderOrder) -> None:
    """Write `order.output` from RGB pictures of the order's size.

    Raises:
        EncoderFailedError: when there is no picture at all, or the encoder can't go on.
    """
    first = next(pictures, None)
    if first is None:
        raise EncoderFailedError("none of the frames could be read")
    _ENCODERS[order.form](_chained(first, pictures), order)


def _encode_vp9(pictures: Iterator[Image.Image], order: RenderOrder) -> None:
    import av  # noqa: PLC0415 an extra, which only these two formats need
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc  # noqa: PLC0415

    # The index in front, so that a player need not fetch the end first.
    options = {"movflags": "faststart"} if order.form is OutputFormat.MP4 else {}
    try:
        with av.open(order.output, "w", format=order.form.value, options=options) as container:
            stream: Any = container.add_stream("libvpx-vp9", rate=order.fps, options=_vp9_options(order.fps))
            stream.width, stream.height, stream.pix_fmt = order.width, order.height, "yuv420p"
            context = stream.codec_context
            context.thread_count = min(os.cpu_count() or 1, MOST_THREADS)
            # Said in the file, since players guess by size otherwise, and differ.
            context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
            context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
            for number, picture in enumerate(pictures):
                source: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
                frame = source.reformat(
                    format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
                )
                frame.pts, frame.time_base = number, 1 / order.fps
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.FFmpegError, ValueError) as error:
        raise EncoderFailedError(str(error)) from error


def _vp9_options(fps: Fraction) -> dict[str, str]:
    return {
        "crf": str(VP9_QUALITY),
        "b": "0",
        "deadline": "good",
        "cpu-used": str(VP9_SPEED),
        "row-mt": "1",
        "g": str(max(1, round(KEY_FRAME_SECONDS * fps))),
    }


def _encode_h264(pictures: Iterator[Image.Image], order: RenderOrder) -> None:
    command = _ffmpeg_command(order)
    # The program is the operator's own setting, and every argument is ours.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:  # noqa: S603
        assert ffmpeg.stdin is not None  # noqa: S101 piped
        try:
            for picture in pictures:
                ffmpeg.stdin.write(picture.tobytes())
        except BrokenPipeError:
            pass  # it says why below
        _, complaints = ffmpeg.communicate()
        if ffmpeg.returncode != 0:
            raise EncoderFailedError(f"ffmpeg: {complaints.decode(errors='replace').strip()[-_LAST_WORDS:]}")


def _ffmpeg_command(order: RenderOrder) -> list[str]:
    assert order.ffmpeg is not None  # noqa: S101 checked before the order was given
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{order.width}x{order.height}", "-r", str(order.fps)]
    colours = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    said = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    coding = ["-c:v", "libx264", "-preset", "medium", "-crf", str(H264_QUALITY), "-movflags", "+faststart"]
    key_frames = ["-g", str(max(1, round(KEY_FRAME_SECONDS * order.fps)))]
    quiet = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
    # The name may end in anything, so the container is named; "file:" keeps a colon in a path from being a protocol.
    target = ["-f", "mp4", f"file:{order.output}"]
    return [order.ffmpeg, *quiet, *given, "-i", "pipe:0", "-vf", colours, *coding, *key_frames, *said, *target]


class _Film(Image.Image):
    """Many pictures as one that Pillow can leaf through, made only when they are looked at.

    When there are fewer than foretold, the last one stays for their time.
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


def _encode_webp(pictures: Iterator[Image.Image], order: RenderOrder) -> None:
    film = _Film(next(pictures), pictures, len(order.frames))
    try:
        with Path(order.output).open("wb") as file:
            film.save(
                file,
                "WEBP",
                save_all=True,
                duration=float(1000 / order.fps),
                loop=0,
                quality=WEBP_QUALITY,
                method=WEBP_METHOD,
            )
    except (OSError, ValueError, MemoryError) as error:
        raise EncoderFailedError(str(error) or "out of memory") from error


def _chained(first: Image.Image, rest: Iterator[Image.Image]) -> Iterator[Image.Image]:
    yield first
    yield from rest


_ENCODERS: Final[dict[OutputFormat, Callable[[Iterator[Image.Image], RenderOrder], None]]] = {
    OutputFormat.WEBM: _encode_vp9,
    OutputFormat.MP4: _encode_vp9,
    OutputFormat.H264: _encode_h264,
    OutputFormat.WEBP: _encode_webp,
}
