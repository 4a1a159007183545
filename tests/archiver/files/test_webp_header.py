"""What a WebP says of itself is read without libwebp, and believed only as a reason to refuse it."""

import io

import pytest
from PIL import Image

from services.archiver.base.errors import PictureRefusedError, PictureTooLargeError
from services.archiver.files.webp import decode_jpeg, read_webp
from services.archiver.files.webp_header import read_header
from tests.archiver.hostile_files import animated, claiming, exif_bomb, unlabelled, with_chunk
from tests.archiver.support import jpeg_of, noise, webp_of


@pytest.mark.parametrize(("mode", "lossless"), [("RGB", False), ("RGB", True), ("RGBA", False), ("RGBA", True)])
def test_its_size_is_told_however_it_was_coded(mode: str, lossless: bool) -> None:
    """With and without the extended header, which Pillow writes where there is transparency or metadata."""
    file = io.BytesIO()
    picture = noise(123, 45).convert(mode)
    picture.putpixel((0, 0), (1, 2, 3, 4)[: len(mode)])
    picture.save(file, "WEBP", lossless=lossless)
    header = read_header(file.getvalue())
    assert (header.width, header.height, header.is_animated) == (123, 45, False)
    assert header.is_plain == (mode == "RGB" and not lossless)


def test_our_own_files_are_plain_with_a_small_label() -> None:
    """So the limits on metadata never meet them."""
    header = read_header(webp_of())
    assert (header.is_plain, header.exif_bytes < 400, header.metadata_bytes < 1200) == (True, True, True)


def test_an_animation_is_refused_unopened() -> None:
    """However many frames it has."""
    with pytest.raises(PictureTooLargeError, match="animation"):
        read_webp(animated(100))


def test_a_size_that_is_a_lie_is_refused_unopened() -> None:
    """libwebp would take two canvases of that size first."""
    with pytest.raises(PictureTooLargeError, match=r"16383 x 16383 .* PICTURE_MAX_PIXELS is 40000000"):
        read_webp(claiming(webp_of(), 16383))


def test_a_hostile_label_is_no_label() -> None:
    """Its entries, each of which points at the same bytes, are not read."""
    found = read_webp(with_chunk(unlabelled(), b"EXIF", exif_bomb(1000, 60_000)))
    assert (found.captured_at, found.interval_seconds) == (None, None)


@pytest.mark.parametrize("tag_type", range(14))
def test_a_label_that_pillow_stumbles_over_is_no_label(tag_type: int) -> None:
    """It raises many kinds of errors, and one that nobody caught ended the archiver."""
    exif = b"II*\0\x08\0\0\0\x02\0" + b"\x69\x87" + bytes([tag_type, 0]) + b"\xff\xff\0\0\x08\0\0\0" + b"\x0e\x01" * 6
    found = read_webp(with_chunk(unlabelled(), b"EXIF", exif))
    assert found.captured_at is None


def test_a_progressive_jpeg_of_endless_scans_is_refused_before_it_is_decoded() -> None:
    """One took 34 s of the archiver's CPU."""
    jpeg = jpeg_of(progressive=True)[:-2] + bytes.fromhex("ffda 0008 01 01 00 00 3f 00") * 100 + b"\xff\xd9"
    with pytest.raises(PictureTooLargeError, match="32 scans"):
        decode_jpeg(jpeg)


def test_what_is_cut_short_or_no_webp_is_refused() -> None:
    """At every length."""
    webp = webp_of(Image.new("RGB", (16, 16)))
    for length in range(len(webp) - 1):
        with pytest.raises(PictureRefusedError):
            read_webp(webp[:length])
