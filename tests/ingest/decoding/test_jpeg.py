"""Which JPEGs may leave, and what they lose on the way: bytes of real encoders, cut and bent."""

import cv2
import numpy as np
import pytest

from services.ingest.decoding.jpeg import STANDARD_HUFFMAN_TABLES, DamagedPictureError, check, lean, segment
from services.ingest.decoding.pictures import JpegPicture
from tests.ingest.pixels import pixels_of

START = b"\xff\xd8"


def encoded(width: int = 320, height: int = 180, *options: int) -> bytes:
    """A picture with much in it, as JPEG."""
    pixels = np.random.default_rng(5).integers(0, 255, (height // 4, width // 4, 3), dtype=np.uint8)
    large = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 70, *options])[1].tobytes()


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    return START + segment(marker, body) + jpeg[2:]


def test_a_good_jpeg_goes_out_byte_for_byte() -> None:
    """Pass-through is worth its name."""
    jpeg = encoded()
    assert lean(jpeg) is jpeg
    checked = check(jpeg)
    assert (checked.data, checked.width, checked.height) == (jpeg, 320, 180)
    assert JpegPicture.checked(jpeg).to_jpeg(10) is jpeg


def test_every_cut_is_noticed() -> None:
    """Also where the camera, or whoever cut it, put an end marker behind."""
    jpeg = encoded()
    for length in range(0, len(jpeg) - 1, 97):
        for cut in (jpeg[:length], jpeg[:length] + b"\xff\xd9"):
            with pytest.raises(DamagedPictureError):
                check(cut)


def test_a_hole_is_noticed() -> None:
    """As when a packet in the middle is missing."""
    jpeg = encoded()
    middle = len(jpeg) // 2
    with pytest.raises(DamagedPictureError):
        check(jpeg[:middle] + jpeg[middle + 1400 :])


def test_damage_that_breaks_the_codes_is_noticed() -> None:
    """A marker where none can be: the commonest sign of bytes gone wrong."""
    jpeg = bytearray(encoded())
    jpeg[-200:-198] = b"\xff\xc0"
    with pytest.raises(DamagedPictureError):
        check(bytes(jpeg))


@pytest.mark.parametrize("junk", [b"", b"\xff", START, b"<html>404</html>", START + b"\xff\xd9", START + b"\xff" * 50])
def test_what_is_no_jpeg_is_refused(junk: bytes) -> None:
    """Cameras answer with anything."""
    with pytest.raises(DamagedPictureError):
        check(junk)


def test_thumbnail_metadata_and_trailing_bytes_go() -> None:
    """They are in every frame and nobody sees them; they may tell where the camera is."""
    jpeg = encoded()
    fat = with_segment(with_segment(jpeg, 0xE1, b"Exif\0\0" + jpeg), 0xFE, b"made by") + b"\0" * 500
    assert check(fat).data == jpeg


def test_a_thumbnail_in_the_jfif_segment_goes() -> None:
    """The one segment that stays is cut to what it must have."""
    jpeg = encoded()
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    header = jpeg[6:end]
    assert header.startswith(b"JFIF")
    thumbnail = header[:12] + bytes((2, 2)) + b"\x80" * 12
    assert lean(START + segment(0xE0, thumbnail) + jpeg[end:]) == jpeg


def test_missing_huffman_tables_are_the_standard_ones() -> None:
    """As in every MJPEG of USB cameras and AVI files; browsers show nothing without."""
    whole = encoded()
    jpeg = whole.replace(STANDARD_HUFFMAN_TABLES, b"")
    assert len(jpeg) == len(whole) - len(STANDARD_HUFFMAN_TABLES), "the encoder's tables are no longer the standard's"
    assert np.array_equal(pixels_of(check(jpeg).data), pixels_of(whole))


def test_progressive_and_restarting_jpegs_pass() -> None:
    """Several scans, and markers within them."""
    for option in (cv2.IMWRITE_JPEG_PROGRESSIVE, cv2.IMWRITE_JPEG_RST_INTERVAL):
        jpeg = encoded(320, 180, option, 1)
        assert np.array_equal(pixels_of(check(jpeg).data), pixels_of(jpeg))


def test_another_size_is_encoded_anew() -> None:
    """And is as wide as asked for, from a decoder that shrinks by itself."""
    picture = JpegPicture.checked(encoded(640, 360))
    small = picture.scaled_to(100)
    assert (small.width, small.height) == (100, 56)
    assert pixels_of(small.to_jpeg(80)).shape == (56, 100, 3)
    assert picture.scaled_to(640) is picture
    assert picture.equals(JpegPicture.checked(picture.to_jpeg(1)))
    assert not picture.equals(small)
