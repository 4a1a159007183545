"""Which JPEGs may go out, and what is removed from them: bytes from real encoders, cut and changed."""

import time
from fractions import Fraction

import cv2
import numpy as np
import pytest

from services.ingest.decoding.jpeg import STANDARD_HUFFMAN_TABLES, DamagedPictureError, check, lean, segment
from services.ingest.decoding.picture_limits import PictureRefusedError
from services.ingest.decoding.pictures import JpegPicture
from services.ingest.process_limits import cpu_seconds
from shared.jpeg_segments import MAX_SCANS
from shared.settings import DEFAULT_MAX_PIXELS
from tests.ingest.pixels import pixels_of
from tests.support.costly_jpegs import progressive, with_size

START = b"\xff\xd8"


def encoded(width: int = 320, height: int = 180, *options: int) -> bytes:
    """A picture with much in it, as JPEG."""
    pixels = np.random.default_rng(5).integers(0, 255, (height // 4, width // 4, 3), dtype=np.uint8)
    large = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 70, *options])[1].tobytes()


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    return START + segment(marker, body) + jpeg[2:]


def test_a_good_jpeg_goes_out_byte_for_byte() -> None:
    """Nothing is encoded again."""
    jpeg = encoded()
    assert lean(jpeg) is jpeg
    checked = check(jpeg)
    assert (checked.data, checked.width, checked.height) == (jpeg, 320, 180)
    assert JpegPicture.checked(jpeg).to_jpeg(10) is jpeg


def test_every_cut_is_noticed() -> None:
    """Also if there is an end marker after the cut."""
    jpeg = encoded()
    for length in range(0, len(jpeg) - 1, 97):
        for cut in (jpeg[:length], jpeg[:length] + b"\xff\xd9"):
            with pytest.raises(DamagedPictureError):
                check(cut)


def test_a_hole_is_noticed() -> None:
    """A lost packet leaves a hole like this."""
    jpeg = encoded()
    middle = len(jpeg) // 2
    with pytest.raises(DamagedPictureError):
        check(jpeg[:middle] + jpeg[middle + 1400 :])


def test_damage_that_breaks_the_codes_is_noticed() -> None:
    """A marker where none can be is the commonest sign of damage."""
    jpeg = bytearray(encoded())
    jpeg[-200:-198] = b"\xff\xc0"
    with pytest.raises(DamagedPictureError):
        check(bytes(jpeg))


@pytest.mark.parametrize("junk", [b"", b"\xff", START, b"<html>404</html>", START + b"\xff\xd9", START + b"\xff" * 50])
def test_anything_but_a_jpeg_is_refused(junk: bytes) -> None:
    """Cameras may send anything."""
    with pytest.raises(DamagedPictureError):
        check(junk)


def test_thumbnail_metadata_and_trailing_bytes_go() -> None:
    """They would be in every frame, invisible, and may tell where the camera is."""
    jpeg = encoded()
    fat = with_segment(with_segment(jpeg, 0xE1, b"Exif\0\0" + jpeg), 0xFE, b"made by") + b"\0" * 500
    assert check(fat).data == jpeg


def test_a_thumbnail_in_the_jfif_segment_goes() -> None:
    """Only the necessary part of that segment stays."""
    jpeg = encoded()
    end = 4 + int.from_bytes(jpeg[4:6], "big")
    header = jpeg[6:end]
    assert header.startswith(b"JFIF")
    thumbnail = header[:12] + bytes((2, 2)) + b"\x80" * 12
    assert lean(START + segment(0xE0, thumbnail) + jpeg[end:]) == jpeg


def test_missing_huffman_tables_are_the_standard_ones() -> None:
    """USB cameras and AVI files leave them out, and browsers show nothing without them."""
    whole = encoded()
    jpeg = whole.replace(STANDARD_HUFFMAN_TABLES, b"")
    assert len(jpeg) == len(whole) - len(STANDARD_HUFFMAN_TABLES), "the encoder's tables are no longer the standard's"
    assert np.array_equal(pixels_of(check(jpeg).data), pixels_of(whole))


def test_progressive_and_restarting_jpegs_pass() -> None:
    """They have several scans, and markers within a scan."""
    for option in (cv2.IMWRITE_JPEG_PROGRESSIVE, cv2.IMWRITE_JPEG_RST_INTERVAL):
        jpeg = encoded(320, 180, option, 1)
        assert np.array_equal(pixels_of(check(jpeg).data), pixels_of(jpeg))


def test_another_size_is_encoded_anew() -> None:
    """It has the requested width, although the decoder itself shrinks only by some factors."""
    picture = JpegPicture.checked(encoded(640, 360))
    small = picture.scaled_to(100)
    assert (small.width, small.height) == (100, 56)
    assert pixels_of(small.to_jpeg(80)).shape == (56, 100, 3)
    assert picture.scaled_to(640) is picture
    assert picture.equals(JpegPicture.checked(picture.to_jpeg(1)))
    assert not picture.equals(small)


def test_another_shape_is_encoded_anew_and_the_same_one_passes() -> None:
    """The owner knows better than a JPEG, which says nothing of it."""
    picture = JpegPicture.checked(encoded(352, 288))
    wide = picture.in_aspect(Fraction(16, 9))
    assert (wide.width, wide.height) == (512, 288)
    assert pixels_of(wide.to_jpeg(80)).shape == (288, 512, 3)
    assert pixels_of(wide.scaled_to(160).to_jpeg(80)).shape == (90, 160, 3)
    assert not wide.equals(picture)
    assert picture.in_aspect(Fraction(11, 9)).to_jpeg(80) == picture.to_jpeg(80)
    assert wide.in_aspect("square").to_jpeg(80) == picture.to_jpeg(80)


def test_a_picture_of_too_many_pixels_is_refused_in_words_and_not_decoded() -> None:
    """The header tells the size. 100 megapixels of one colour are 390 KB."""
    jpeg = encoded(320, 180)
    assert check(jpeg, max_pixels=320 * 180).width == 320
    with pytest.raises(PictureRefusedError, match=r"320 x 180: 57600 pixels .* 57599 of PICTURE_MAX_PIXELS"):
        check(jpeg, max_pixels=320 * 180 - 1)
    with pytest.raises(PictureRefusedError, match="65500 x 65500"):
        check(with_size(jpeg, 65_500, 65_500))


def test_a_picture_of_too_many_scans_is_refused_in_words_and_not_decoded() -> None:
    """In ten scans, as encoders make it, it passes."""
    assert check(progressive(320, 184, 10)).height == 184
    begun = time.process_time()
    with pytest.raises(PictureRefusedError, match=f"more than {MAX_SCANS} scans"):
        check(progressive(4000, 4000, 883))
    assert time.process_time() - begun < 1


def test_the_costliest_picture_within_all_limits_takes_a_moment() -> None:
    """40 megapixels in as many scans as may be, and a restart at each block: both are legal."""
    costly = progressive(8000, 5000, MAX_SCANS)
    begun = time.process_time()
    assert check(costly).width == 8000
    assert time.process_time() - begun < cpu_seconds(DEFAULT_MAX_PIXELS) / 2


def test_a_jpeg_with_two_frames_is_refused() -> None:
    """Decoders differ in which size they believe, so no check of it would hold."""
    jpeg = encoded()
    at = jpeg.index(b"\xff\xc0")
    frame = jpeg[at : at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])]
    with pytest.raises(DamagedPictureError, match="two frames"):
        check(jpeg[:at] + frame + jpeg[at:])
