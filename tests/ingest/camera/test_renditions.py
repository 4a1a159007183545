"""Which frames are made from which pictures."""

from fractions import Fraction

import numpy as np
import pytest

from services.ingest.appearance.options import AppearanceOptions
from services.ingest.appearance.overlay_text import OverlayText
from services.ingest.appearance.regions import parse_polygons
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.decoding.colours import JPEG
from services.ingest.decoding.jpeg import CheckedJpeg
from services.ingest.decoding.jpeg_encoder import JpegEncoder
from services.ingest.decoding.pictures import BgrPicture, JpegPicture, YuvPicture
from shared.bus.frames import Frame
from tests.ingest.appearance.pictures import FORMS, picture, plain
from tests.ingest.pixels import pixels_of

FRAME_SECONDS = 0.125  # exact in binary


class Counted(BgrPicture):
    """Records each encoding of any of these pictures, with its quality."""

    qualities: list[int]

    def to_jpeg(self, quality: int, encoder: JpegEncoder | None = None) -> bytes:
        self.qualities.append(quality)
        return super().to_jpeg(quality, encoder)


@pytest.fixture(autouse=True)
def qualities() -> list[int]:
    Counted.qualities = []
    return Counted.qualities


def show(renditions: Renditions, levels: list[int], wanted: set[str], start: int = 0) -> list[list[Frame]]:
    """The frames for one gray picture per level, one every eighth of a second."""
    made = []
    for number, level in enumerate(levels, start):
        now = number * FRAME_SECONDS
        picture = Counted(np.full((48, 64, 3), level, np.uint8))
        due = renditions.is_due(wanted, now)
        made.append(renditions.render(picture, wanted, round(now * 1e9), now) if due else [])
    return made


def test_each_wanted_rendition_is_encoded_once_and_never_larger_than_the_source() -> None:
    """Each keeps the picture's proportions and counts its own frames."""
    made = show(Renditions("cam1", RenderingOptions()), [1, 2], {"main", "32", "640"})
    sizes = {frame.rendition: (frame.width, frame.height) for frame in made[0]}
    assert sizes == {"main": (64, 48), "32": (32, 24), "640": (64, 48)}
    assert [frame.sequence for frame in made[1]] == [2, 2, 2]


def test_a_still_scene_is_encoded_once_and_sent_once_a_second(qualities: list[int]) -> None:
    """A repeat carries the time of the newest identical grab, so it does not look like an old picture."""
    made = show(Renditions("cam1", RenderingOptions()), [7] * 20, {"main"})
    assert [number for number, frames in enumerate(made) if frames] == [0, 8, 16]
    assert [frames[0].captured_at_ns for frames in made if frames] == [0, 10**9, 2 * 10**9]
    assert len(qualities) == 1


def test_the_first_change_of_a_still_scene_goes_out_at_once() -> None:
    """A person who steps before the camera is seen in that very frame."""
    made = show(Renditions("cam1", RenderingOptions()), [7, 7, 7, 8, 8], {"main"})
    assert [len(frames) for frames in made] == [1, 0, 0, 1, 0]


def test_a_new_rendition_does_not_wait_for_the_scene_to_change(qualities: list[int]) -> None:
    """The archiver's slot and a newcomer's size get the next grab, even if others have had the same picture."""
    renditions = Renditions("cam1", RenderingOptions())
    show(renditions, [7, 7], {"main"})
    made = show(renditions, [7, 7], {"main", "capture"}, start=2)
    assert [[frame.rendition for frame in frames] for frames in made] == [["capture"], []]
    assert qualities == [80, 95]


def test_a_rendition_that_was_given_up_begins_anew() -> None:
    """Its next subscriber gets a picture at once."""
    renditions = Renditions("cam1", RenderingOptions())
    show(renditions, [7], {"main"})
    show(renditions, [7], {"32"}, start=1)
    assert show(renditions, [7], {"main"}, start=2)[0]


def test_the_rendition_for_keeping_comes_once_a_second_however_lively_the_scene(qualities: list[int]) -> None:
    """It has its own quality, and causes no encoding for every frame."""
    made = show(Renditions("cam1", RenderingOptions(capture_quality=90)), list(range(17)), {"capture"})
    assert [number for number, frames in enumerate(made) if frames] == [0, 8, 16]
    assert qualities == [90, 90, 90]


def test_identical_pictures_are_sent_all_when_that_is_asked_for(qualities: list[int]) -> None:
    """Even so they are encoded once."""
    made = show(Renditions("cam1", RenderingOptions(skip_identical=False)), [7] * 5, {"main"})
    assert [len(frames) for frames in made] == [1, 1, 1, 1, 1]
    assert len(qualities) == 1


def test_the_rate_is_limited_and_surplus_pictures_are_not_retrieved() -> None:
    """With eight grabs a second and a limit of four, every other one is."""
    made = show(Renditions("cam1", RenderingOptions(max_fps=4)), list(range(8)), {"main"})
    assert [len(frames) for frames in made] == [1, 0, 1, 0, 1, 0, 1, 0]


def test_after_a_new_connection_every_subscriber_gets_a_picture() -> None:
    """Even if it looks as before."""
    renditions = Renditions("cam1", RenderingOptions())
    show(renditions, [7, 7], {"main"})
    renditions.begin()
    assert show(renditions, [7], {"main"}, start=2)[0]


MASKED = AppearanceOptions(masks=parse_polygons("0,0 1,0 1,1 0,1"))


@pytest.mark.parametrize("form", FORMS)
def test_no_rendition_shows_what_is_masked(form: str) -> None:
    """Neither a small one, nor the archive's, nor a camera's own JPEG, which nothing else would decode."""
    renditions = Renditions("cam1", RenderingOptions(), MASKED)
    frames = renditions.render(picture(form, plain(64, 48, (255, 255, 255))), {"main", "32", "capture"}, 0, 0.0)
    assert len(frames) == 3
    assert all(pixels_of(frame.jpeg).max() <= 8 for frame in frames)


def test_a_picture_that_can_not_be_masked_is_not_shown() -> None:
    """Nothing goes out instead of it."""
    broken = JpegPicture(CheckedJpeg(b"\xff\xd8 no JPEG", 64, 48))
    with pytest.raises(ValueError, match="JPEG"):
        Renditions("cam1", RenderingOptions(), MASKED).render(broken, {"main"}, 0, 0.0)


def test_the_time_on_a_still_scene_goes_on() -> None:
    """It is sent once a second, and still counts as the same picture of the camera."""
    clock = AppearanceOptions(overlay=OverlayText("{time}"))
    renditions = Renditions("cam1", RenderingOptions(), clock)
    made = show(renditions, [7] * 20, {"main"})
    assert [number for number, frames in enumerate(made) if frames] == [0, 8, 16]
    assert len({frames[0].jpeg for frames in made if frames}) == 3
    assert renditions.same_since == 0.0


def test_a_turned_picture_has_the_size_that_viewers_get() -> None:
    """The status says the same."""
    renditions = Renditions("cam1", RenderingOptions(), AppearanceOptions(rotate=90))
    original = BgrPicture(np.zeros((48, 64, 3), np.uint8))
    frames = renditions.render(original, {"main", "32"}, 0, 0.0)
    assert {frame.rendition: (frame.width, frame.height) for frame in frames} == {"main": (48, 64), "32": (32, 43)}
    assert renditions.size_of(original) == (48, 64)


def test_every_rendition_has_the_shape_that_the_owner_wants() -> None:
    """A camera that sends squeezed pictures and does not say so."""
    renditions = Renditions("cam1", RenderingOptions(aspect=Fraction(16, 9)))
    (made,) = show(renditions, [1], {"main", "capture", "32", "640"})
    sizes = {frame.rendition: (frame.width, frame.height) for frame in made}
    assert sizes == {"main": (86, 48), "capture": (86, 48), "32": (32, 18), "640": (86, 48)}
    assert {pixels_of(frame.jpeg).shape[1::-1] for frame in made} == {(86, 48), (32, 18)}
    assert renditions.size_of(BgrPicture(np.zeros((48, 64, 3), np.uint8))) == (86, 48)
    assert not show(renditions, [1], {"main", "capture", "32", "640"}, start=1)[0]  # it is still the same picture


def test_a_wrong_shape_of_a_stream_is_ignored_where_the_owner_wants_square_pixels() -> None:
    """A camera that says 4:3 of a wide picture."""
    planes = np.zeros((36, 64), np.uint8), np.zeros((18, 32), np.uint8), np.zeros((18, 32), np.uint8)
    picture = YuvPicture(*planes, colours=JPEG, pixel_aspect=Fraction(3, 4))
    assert (picture.width, picture.height) == (64, 48)
    renditions = Renditions("cam1", RenderingOptions(aspect="square"))
    (frame,) = renditions.render(picture, {"main"}, 0, 0.0)
    assert pixels_of(frame.jpeg).shape == (36, 64, 3)
