"""Whole pictures pass, others are refused; what is written into a picture is read back from it."""

import io
from datetime import timedelta, timezone

import pytest
from PIL import ExifTags, Image

from services.archiver.base.errors import EncodeFailedError, PictureRefusedError
from services.archiver.files.webp import Label, WebpOptions, decode_jpeg, encode_webp, read_webp
from tests.archiver.support import AT, jpeg_of, noise, webp_of


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 48), (641, 361)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("restart", [0, 3])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_whole_jpeg_of_any_kind_decodes_to_its_own_pixels(
    size: tuple[int, int], subsampling: str, restart: int, progressive: bool
) -> None:
    """However it was coded, the check for wholeness changes nothing and refuses nothing."""
    file = io.BytesIO()
    noise(*size).save(
        file, "JPEG", subsampling=subsampling, restart_marker_blocks=restart, progressive=progressive, optimize=True
    )
    with Image.open(file) as plain:
        assert decode_jpeg(file.getvalue()).tobytes() == plain.tobytes()


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9, 0.99])
def test_a_jpeg_cut_inside_and_closed_by_an_end_marker_is_refused(kept: float) -> None:
    """libjpeg alone would fill the rest with gray and say nothing."""
    jpeg = jpeg_of(noise(640, 360))
    with pytest.raises(PictureRefusedError, match="not whole"):
        decode_jpeg(jpeg[: int(len(jpeg) * kept)] + b"\xff\xd9")


def test_a_truncated_jpeg_is_refused() -> None:
    """Without its end marker too. (A cut within the last 20 bytes or so may decode all the same.)"""
    jpeg = jpeg_of()
    with pytest.raises(PictureRefusedError):
        decode_jpeg(jpeg[:-100])


def test_what_is_no_jpeg_is_refused() -> None:
    """The bus checks only how a picture begins and ends."""
    with pytest.raises(PictureRefusedError):
        decode_jpeg(b"\xff\xd8\xffhello\xff\xd9")
    with pytest.raises(PictureRefusedError):
        decode_jpeg(webp_of())


def test_a_jpeg_that_promises_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    """A small file may ask for gigabytes."""
    jpeg = bytearray(jpeg_of())
    frame_header = jpeg.index(b"\xff\xc0")
    jpeg[frame_header + 5 : frame_header + 9] = (9000).to_bytes(2, "big") * 2
    with pytest.raises(PictureRefusedError, match="too many"):
        decode_jpeg(bytes(jpeg))


def test_a_gray_jpeg_becomes_rgb() -> None:
    """Infrared cameras may send gray; WebP has colour only."""
    assert decode_jpeg(jpeg_of(noise().convert("L"))).mode == "RGB"


def test_a_webp_tells_size_time_and_interval_as_they_were_given() -> None:
    """All that a row needs can be read from the file alone."""
    found = read_webp(webp_of(noise(320, 240), interval_seconds=900))
    assert found.picture.size == (320, 240)
    assert (found.captured_at, found.interval_seconds) == (AT, 900)


def test_a_manual_capture_has_no_interval() -> None:
    """But its time."""
    found = read_webp(webp_of(interval_seconds=None))
    assert (found.captured_at, found.interval_seconds) == (AT, None)


def test_the_time_is_in_the_xmp_as_well() -> None:
    """Photo programs look there first."""
    with Image.open(io.BytesIO(webp_of())) as picture:
        assert b"<exif:DateTimeOriginal>2026-11-22T14:00:01.234567+00:00<" in picture.info["xmp"]


def test_nothing_else_of_the_jpeg_comes_along() -> None:
    """Such as an embedded thumbnail, or where the camera stands."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "camera maker"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (1.0, 2.0, 3.0)
    file = io.BytesIO()
    noise().save(file, "JPEG", exif=exif, icc_profile=b"profile", comment=b"comment")
    webp = encode_webp(decode_jpeg(file.getvalue()), Label("camera_1", AT, 60), WebpOptions())
    with Image.open(io.BytesIO(webp)) as picture:
        assert set(picture.getexif()) == {ExifTags.Base.ImageDescription, ExifTags.Base.ExifOffset}
        assert "icc_profile" not in picture.info


def test_quality_and_method_are_as_set() -> None:
    """A lower quality is smaller; another method makes another file."""
    picture = noise(320, 240)
    best, usual, poor, slow = (
        encode_webp(picture, Label("camera_1", AT, 60), WebpOptions(quality, method))
        for quality, method in ((90, 4), (80, 4), (30, 4), (30, 6))
    )
    assert len(best) > len(usual) > len(poor)
    assert slow != poor


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_the_time_survives_to_the_microsecond_from_any_offset(microsecond: int) -> None:
    """EXIF has no room for an offset in the time itself, so it is written as UTC."""
    tokyo = AT.replace(microsecond=microsecond).astimezone(timezone(timedelta(hours=9)))
    assert read_webp(webp_of(at=tokyo)).captured_at == AT.replace(microsecond=microsecond)


def test_a_webp_without_a_label_is_whole_but_nameless() -> None:
    """Somebody else's picture: its size is known, its time is not."""
    file = io.BytesIO()
    noise().save(file, "WEBP")
    found = read_webp(file.getvalue())
    assert (found.picture.width, found.captured_at, found.interval_seconds) == (64, None, None)


@pytest.mark.parametrize("left", [0, 10, 500, -100])
def test_a_truncated_webp_is_refused(left: int) -> None:
    """However little or much of it is there."""
    with pytest.raises(PictureRefusedError):
        read_webp(webp_of()[:left])


def test_a_picture_too_wide_for_webp_says_so() -> None:
    """The caller shows the words."""
    with pytest.raises(EncodeFailedError, match="16383"):
        encode_webp(Image.new("RGB", (16_384, 2)), Label("camera_1", AT, 60), WebpOptions())
