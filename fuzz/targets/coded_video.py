"""Access units of H.264 and H.265 through FFmpeg's decoder, as a camera sends them."""

from typing import Final

from fuzz.pieces import records_in
from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.frame_picture import picture_of
from services.ingest.decoding.picture_limits import PictureRefusedError

HANDLED: Final = (PictureRefusedError,)
MAX_BYTES: Final = 8 * 1024
MAX_PIXELS: Final = 640 * 480


def read(data: bytes) -> None:
    """The first byte names the codec. No picture is larger than allowed, and each can be sent as JPEG."""
    decoder = Decoder("hevc" if data[:1] == b"5" else "h264", max_pixels=MAX_PIXELS)
    for unit in records_in(data[1:]):
        try:
            frame = decoder.decode(unit)
        except DamagedUnitError:
            decoder.restart()
            continue
        if frame is not None:
            picture = picture_of(frame, decoder.pixel_aspect)
            assert picture.width * picture.height <= 2 * MAX_PIXELS
            assert picture.to_jpeg(50).startswith(b"\xff\xd8")
