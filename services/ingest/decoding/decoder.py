"""FFmpeg's decoders through PyAV, set up to hold nothing back: one thread and no parser."""

import re
from fractions import Fraction
from typing import Final, cast

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.picture_limits import PictureRefusedError, check_coded_size, check_size
from services.ingest.decoding.sequence_sets import SequenceSets
from shared.settings import DEFAULT_MAX_PIXELS

_SIZE: Final = re.compile(r"\b(\d{1,6})x(\d{1,6})\b")
_SPARE: Final = 8
"""FFmpeg counts the width in whole blocks. An eighth more lets no picture fail there that is within the limit."""
_MARKING: Final = frozenset({"h264", "hevc"})
"""Codecs whose decoders call only damaged frames corrupt. MPEG-4's does so of frames that merely end oddly."""


class Decoder:
    """Decodes one stream. One thread.

    FFmpeg itself refuses pictures of more than `max_pixels` before it takes memory for them. It means the part that a
    stream wants shown, which may be a small piece of what has to be decoded. So the coded size is checked as well:
    for H.264 and H.265 before FFmpeg sees it, for other codecs afterwards.

    `codec` is FFmpeg's name for it, or everything that FFmpeg's demuxer knows of the stream: its codec, parameter sets
    and rotation. `pixel_aspect` is what a container says of it.

    Raises:
        PictureRefusedError: from the constructor, when the demuxer knows that the pictures are too large, or knows
            nonsense.
    """

    def __init__(
        self,
        codec: str | VideoCodecContext,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        pixel_aspect: Fraction | None = None,
    ) -> None:
        if isinstance(codec, str):
            codec = cast("VideoCodecContext", av.CodecContext.create(codec, "r"))
        self._context = codec
        self._max_pixels = max_pixels
        check_size(codec.width, codec.height, max_pixels)
        self._sets = SequenceSets(codec.codec.canonical_name, codec.extradata or b"")
        self._check_described()
        self._context.thread_count = 1  # each further thread would hold back a picture
        self._context.options = {**self._context.options, "max_pixels": str(max_pixels + max_pixels // _SPARE)}
        self._container_aspect = pixel_aspect
        self._marks_damage = codec.codec.canonical_name in _MARKING

    @property
    def pixel_aspect(self) -> Fraction | None:
        """How wide a pixel of the newest frame is for its height; None if nothing says so. A container knows better."""
        return self._container_aspect or self._context.sample_aspect_ratio or None

    def decode(self, data: bytes, *, is_shown: bool = True) -> VideoFrame | None:
        """The newest frame that the access unit `data` completes; None while the decoder waits for more.

        With `is_shown` False the decoder may skip the frame if no later one refers to it.

        Raises:
            DamagedUnitError: when this unit, or one it depends on, is damaged.
            PictureRefusedError: when the stream's pictures are too large.
            MemoryError: when there is none left for it.
        """
        for size in self._sets.sizes(data):
            check_coded_size(*size, self._max_pixels)
        self._context.skip_frame = "DEFAULT" if is_shown else "NONREF"
        try:
            frames = self._context.decode(_padded(data))
        except av.error.FFmpegError as error:
            self._check_size(error)
            if isinstance(error, MemoryError):
                raise
            raise DamagedUnitError(f"the decoder refuses a picture: {error.strerror}") from error
        self._check_size(None)
        if self._marks_damage and any(frame.is_corrupt for frame in frames):
            raise DamagedUnitError("the decoder says that a picture is corrupt")
        return frames[-1] if frames else None

    def _check_described(self) -> None:
        try:
            sizes = self._sets.described_sizes()
        except DamagedUnitError as error:
            raise PictureRefusedError(f"The camera's description of its stream can't be used: {error}.") from error
        for size in sizes:
            check_coded_size(*size, self._max_pixels)

    def _check_size(self, error: av.error.FFmpegError | None) -> None:
        """Tell a size that is refused from other errors: FFmpeg calls it an invalid argument, or a lack of memory."""
        context = self._context
        check_size(context.width, context.height, self._max_pixels)
        # A decoder that could not even be opened forgets the size. FFmpeg's log, which is in the error, has it.
        if error is not None and (size := _SIZE.search(str(error))):
            check_size(int(size[1]), int(size[2]), self._max_pixels)
        check_coded_size(context.coded_width, context.coded_height, self._max_pixels)

    def restart(self) -> None:
        """Forget all frames, but keep the parameter sets."""
        if self._context.is_open:
            self._context.flush_buffers()


def _padded(data: bytes) -> "av.Packet[VideoStream]":
    """A copy of `data` as a packet, with the zeros behind it that FFmpeg's decoders read beyond the end.

    `av.Packet(data)` refers to `data` itself and whatever is behind it in memory. MPEG-4's decoder guesses from those
    bytes which encoder's faults it must allow for, and drifts if it guesses wrong.
    """
    packet = av.Packet(len(data))
    packet.update(data)
    return cast("av.Packet[VideoStream]", packet)
