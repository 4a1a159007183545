"""What is made of what OpenCV's `VideoCapture` receives: its own pictures, a camera's JPEGs, or packets decoded by us.

Undecoded packets are read where that can be, for only they tell that a camera changed its size: OpenCV's decoder scales
such pictures to the first size without a word. And while nobody wants pictures none need be decoded.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import cv2
import numpy as np

from services.ingest.decoding.access_unit import AccessUnit, Buffer
from services.ingest.decoding.jpeg import DamagedPictureError
from services.ingest.decoding.pictures import BgrPicture, JpegPicture, Picture
from services.ingest.decoding.unit_decoder import UnitDecoder
from services.ingest.sources import SourceUnavailableError

_RAW: Final = -1.0


class Reading(Protocol):
    """One way to read an opened capture. One thread."""

    def take(self) -> None:
        """A frame was grabbed."""

    def picture(self) -> Picture | None:
        """The newest one; None while there is no clean one."""

    def hold(self) -> None:
        """Something was lost on the way: show nothing before the next key frame, if that can be told."""


class DecodedReading:
    """OpenCV decodes each frame as it grabs it."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    def take(self) -> None:
        """It is decoded already."""

    def picture(self) -> BgrPicture:
        return BgrPicture(_retrieved(self._capture))

    def hold(self) -> None:
        """It can't be told which pictures are damaged."""


class JpegReading:
    """Each picture is the camera's own JPEG."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture
        capture.set(cv2.CAP_PROP_FORMAT, _RAW)

    def take(self) -> None:
        """Each is whole by itself."""

    def picture(self) -> JpegPicture | None:
        try:
            return JpegPicture.checked(_retrieved(self._capture).tobytes())
        except DamagedPictureError:
            return None

    def hold(self) -> None:
        """The next one is whole by itself."""


class PacketReading:
    """H.264 or H.265: the packets since the last key frame are kept, and decoded when a picture is wanted."""

    def __init__(self, capture: cv2.VideoCapture, codec: str) -> None:
        self._capture = capture
        self._packets = _Packets(codec)
        capture.set(cv2.CAP_PROP_FORMAT, _RAW)
        _, parameter_sets = capture.retrieve(flag=int(capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))
        self._pictures = UnitDecoder(self._packets, parameter_sets.tobytes())

    def take(self) -> None:
        packet = _retrieved(self._capture).tobytes()
        self._packets.newest_is_key = self._capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) > 0
        self._pictures.pending.put(AccessUnit(0, [packet], byte_count=len(packet)))

    def picture(self) -> Picture | None:
        return self._pictures.newest()

    def hold(self) -> None:
        self._pictures.pending.hold()


class _Packets:
    """FFmpeg's packets as access units: each is whole with its parameter sets, and FFmpeg knows the key frames."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self.newest_is_key = False

    def is_key(self, payloads: Sequence[Buffer]) -> bool:  # noqa: ARG002 asked of the newest alone
        return self.newest_is_key

    def parameter_sets(self, payloads: Sequence[Buffer]) -> bytes:  # noqa: ARG002 they stay where they are
        return b""

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        return bytes(payloads[0])


def reading_of(capture: cv2.VideoCapture, codec: str | None, *, by_packets: bool) -> Reading:
    """How to read a capture that was just opened."""
    if codec == "mjpeg":
        return JpegReading(capture)
    if by_packets and codec in ("h264", "hevc"):
        return PacketReading(capture, codec)
    return DecodedReading(capture)


def _retrieved(capture: cv2.VideoCapture) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    taken, data = capture.retrieve()
    if not taken:
        raise SourceUnavailableError("The camera sent a frame that can't be decoded.")
    return data  # type: ignore[return-value] # cv2 types its arrays loosely
