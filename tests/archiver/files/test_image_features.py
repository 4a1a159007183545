"""What is measured on a picture, and its thumbnail."""

import io
from pathlib import Path
from typing import NoReturn

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.image_features import features_of, thumbnail_of
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName
from tests.archiver.support import SLOT_START, noise, webp_of


def scene(shift: int = 0) -> Image.Image:
    """A hill under a sky, with a house on it."""
    picture = Image.linear_gradient("L").resize((640, 360)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((100, 200, 700, 600), fill=(40, 120, 40))
    draw.rectangle((300 + shift, 120, 380 + shift, 240), fill=(200, 60, 30))
    return picture


def differing_bits(one: str, other: str) -> int:
    """How unlike two hashes are, from 0 to 64."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize(("color", "brightness"), [("black", 0), ("white", 255), ((0, 255, 0), 150)])
def test_brightness_is_the_mean_luma(color: str | tuple[int, int, int], brightness: int) -> None:
    """From 0 to 255; green is brighter than blue, as to the eye."""
    assert features_of(Image.new("RGB", (64, 48), color)).brightness == pytest.approx(brightness, abs=1)


def test_a_picture_that_shows_the_same_has_nearly_the_same_hash() -> None:
    """In another size, light or quality."""
    own = features_of(scene()).perceptual_hash
    file = io.BytesIO()
    scene().save(file, "JPEG", quality=30)
    others = [scene().resize((320, 180)), ImageEnhance.Brightness(scene()).enhance(0.8), Image.open(file)]
    assert len(own) == 16
    assert max(differing_bits(own, features_of(other).perceptual_hash) for other in others) <= 5


def test_a_picture_that_shows_something_else_has_another_hash() -> None:
    """Half of the bits differ between strangers."""
    own = features_of(scene()).perceptual_hash
    assert differing_bits(own, features_of(ImageOps.mirror(ImageOps.flip(scene()))).perceptual_hash) > 10
    assert differing_bits(own, features_of(noise(640, 360)).perceptual_hash) > 10


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (320, 180)), ((320, 240), (320, 240)), ((64, 48), (64, 48)), ((9000, 2), (320, 1))],
)
def test_a_thumbnail_is_as_wide_as_it_may_be_and_never_enlarged(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    """With the picture's own proportions."""
    with Image.open(io.BytesIO(thumbnail_of(Image.new("RGB", size)))) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", expected)


def test_a_frame_is_kept_without_the_thumbnail_that_memory_is_short_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is made when somebody asks."""
    webp = webp_of(noise(64, 48))

    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError("cannot write file as WebP (encoder returned None)")

    monkeypatch.setattr(Image.Image, "save", fail)
    stored = FrameFiles(LocalStore(tmp_path)).save(FrameName("camera_1", SLOT_START), webp)
    assert (stored.byte_count, stored.thumbnail_bytes) == (len(webp), None)
