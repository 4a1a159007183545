"""The JPEGs that an encoder makes of planes: for every decoder, of the sight that their quality means, and small."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import simplejpeg

from benchmarks.encoders import ssim
from services.ingest.decoding.colours import JPEG, Colours, in_jpeg_colours
from services.ingest.decoding.jpeg import check, lean
from services.ingest.decoding.jpeg_encoder import FINEST, MAX_PIXELS, FfmpegEncoder, JpegEncoder, quantiser_of
from services.ingest.decoding.planes import Pixels, Planes
from services.ingest.demo_scene.scene import DemoScene
from shared.jpeg_segments import segments
from tests.ingest.pixels import pixels_of

SIZES = ((640, 360), (641, 363), (17, 9), (320, 1), (1, 240), (1, 1))
BT709 = Colours.of_video(1, 640, 360, is_full_range=False)


def planes_of(width: int, height: int, grain: float = 4) -> Planes:
    """Hills of light and colour with some soft grain, as a camera sees them."""
    dice = np.random.default_rng(11)

    def plane(columns: int, rows: int, strength: float) -> Pixels:
        coarse = dice.normal(128, strength, (8, 12)).astype(np.float32)
        hills = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
        fine = cv2.GaussianBlur(dice.normal(0, 2 * grain, (rows, columns)), (0, 0), 1)
        return np.asarray(np.clip(hills + fine, 0, 255), np.uint8)

    half = (width + 1) // 2, (height + 1) // 2
    return plane(width, height, 45), plane(*half, 20), plane(*half, 20)


def by_ffmpeg(planes: Planes, quality: int, colours: Colours = JPEG) -> bytes:
    quantiser = quantiser_of(quality)
    assert quantiser is not None
    height, width = planes[0].shape
    return FfmpegEncoder(width, height, quantiser).encode(planes, colours)


def by_libjpeg(planes: Planes, quality: int) -> bytes:
    return bytes(simplejpeg.encode_jpeg_yuv_planes(*planes, quality))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("quality", [1, 60, 80])
def test_a_jpeg_of_any_size_is_whole_and_has_its_colours(size: tuple[int, int], quality: int) -> None:
    """For libjpeg at its strictest; with a JFIF header, chroma at half the rows and columns, nothing to leave out."""
    jpeg = by_ffmpeg(planes_of(*size), quality)
    checked = check(jpeg)
    assert (checked.width, checked.height) == size
    assert lean(jpeg) is jpeg
    found = {marker: body for marker, body, _ in segments(jpeg)}
    assert found[0xE0][:5] == b"JFIF\0"
    assert found[0xE0][8:10] == found[0xE0][10:12]  # square pixels
    assert found[0xC0][7:16:3] == b"\x22\x11\x11"
    shown, expected = pixels_of(jpeg).astype(int), pixels_of(by_libjpeg(planes_of(*size), 95)).astype(int)
    assert np.abs(shown.mean(axis=(0, 1)) - expected.mean(axis=(0, 1))).max() < (3 if quality > 1 else 30)


@pytest.mark.parametrize("size", SIZES)
def test_ffmpeg_decodes_it_without_a_complaint(size: tuple[int, int], tmp_path: Path) -> None:
    """At its strictest."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(by_ffmpeg(planes_of(*size), 80, BT709))
    command = ["ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-i", str(path), "-f", "null", "-"]
    result = subprocess.run(command, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.fixture(scope="module")
def scene() -> Planes:
    """The demo scene: foliage, sky, text and shadows."""
    pixels = DemoScene().draw(datetime(2026, 6, 1, 10, tzinfo=UTC).timestamp())
    y, v, u = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb))
    u, v = (cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for plane in (u, v))
    return y.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)


@pytest.mark.parametrize("quality", range(18, FINEST + 1, 3))
def test_a_quality_looks_as_it_always_did(quality: int, scene: Planes) -> None:
    """As libjpeg-turbo's of a quality at most 6 lower or higher."""
    whole = pixels_of(by_libjpeg(scene, 100))
    looks = ssim(whole, pixels_of(by_ffmpeg(scene, quality)))
    lower, higher = (by_libjpeg(scene, near) for near in (quality - 6, min(100, quality + 6)))
    assert ssim(whole, pixels_of(lower)) <= looks <= ssim(whole, pixels_of(higher))


def test_a_higher_quality_never_has_a_coarser_quantiser() -> None:
    """And above the finest there is none: libjpeg-turbo is as small there."""
    found = [quantiser_of(quality) for quality in range(1, FINEST + 1)]
    assert None not in found
    assert found == sorted(found, key=lambda quantiser: -(quantiser or 0))
    assert {quantiser_of(quality) for quality in range(FINEST + 1, 101)} == {None}


@pytest.mark.parametrize("quality", [78, 70, 63, 57, 39])
def test_a_picture_of_the_same_sight_has_fewer_bytes(quality: int, scene: Planes) -> None:
    """At the qualities that a quantiser looks just like."""
    assert len(by_ffmpeg(scene, quality)) < 0.93 * len(by_libjpeg(scene, quality))


def test_smooth_pictures_get_the_encoder_that_makes_them_smaller_and_detailed_ones_do_not() -> None:
    """It is known from the picture before. A change is noticed one picture later."""
    smooth, detailed = planes_of(640, 360, grain=0), planes_of(640, 360, grain=40)
    encoder = JpegEncoder()
    made = [encoder.encode(planes, BT709, 80) for planes in (smooth, smooth, detailed, detailed, smooth, smooth)]
    by_turbo = [by_libjpeg(in_jpeg_colours(planes, BT709), 80) for planes in (smooth, detailed)]
    smaller = [by_ffmpeg(planes, 80, BT709) for planes in (smooth, detailed)]
    assert made == [by_turbo[0], smaller[0], smaller[1], by_turbo[1], by_turbo[0], smaller[0]]


def test_another_size_or_quality_is_encoded_as_if_it_had_been_so_from_the_start() -> None:
    """Nothing of an earlier picture is left in a later one."""
    encoder = JpegEncoder()
    encoder.encode(planes_of(640, 360, grain=0), BT709, 80)
    for size, quality in (((640, 360), 80), ((640, 360), 50), ((800, 450), 80), ((640, 360), 80), ((640, 360), 80)):
        made = encoder.encode(planes_of(*size, grain=0), BT709, quality)
        assert made == by_ffmpeg(planes_of(*size, grain=0), quality, BT709)
    assert encoder.encode(planes_of(640, 360), JPEG, 95) == by_libjpeg(planes_of(640, 360), 95)


def test_the_planes_that_it_is_given_are_not_changed() -> None:
    """They may be the decoder's reference for the next picture."""
    planes = planes_of(64, 48)
    copies = tuple(plane.copy() for plane in planes)
    for colours in (BT709, JPEG):
        by_ffmpeg(planes, 80, colours)
        JpegEncoder().encode(planes, colours, 80)
    assert all(np.array_equal(plane, copy) for plane, copy in zip(planes, copies, strict=True))


def test_a_very_large_picture_does_not_take_the_memory_of_an_encoder() -> None:
    """FFmpeg's keeps some ten bytes for each pixel."""
    width, height = 2560, MAX_PIXELS // 2560 + 2
    planes = planes_of(width, height)
    encoder = JpegEncoder()
    assert [encoder.encode(planes, JPEG, 80) for _ in range(2)] == [by_libjpeg(planes, 80)] * 2
