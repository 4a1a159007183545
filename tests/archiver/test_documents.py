"""What docs/archive.md says is held to the code, for documents rot."""

from pathlib import Path

import pytest

from services.archiver.api.frames.days import MOST_DAYS, USUAL_DAYS
from services.archiver.api.frames.zip_stream import MOST_FRAMES
from services.archiver.app import create_app
from services.archiver.db.frame_query import DAYLIGHT_BRIGHTNESS
from services.archiver.db.intervals import GapReason
from services.archiver.files.image_features import THUMBNAIL_WIDTH
from services.archiver.files.paths import manual_path_of, path_of, thumbnail_path_of
from services.archiver.service import Archiver
from shared.bus.status import CameraState
from shared.clock import Clock
from tests.archiver.place import Place
from tests.archiver.support import SLOT_START

PAGE = (Path(__file__).parents[2] / "docs/archive.md").read_text()


def test_every_reason_for_a_gap_is_explained() -> None:
    """Whoever sees one looks here."""
    states = set(CameraState) - {CameraState.LIVE, CameraState.IDLE, CameraState.DISABLED, CameraState.REMOVED}
    for reason in (*GapReason, *(f"camera {state}" for state in states)):
        assert f"`{reason}`" in PAGE, reason


@pytest.mark.parametrize(
    "path",
    [
        path_of("porch", SLOT_START),
        thumbnail_path_of(path_of("porch", SLOT_START)),
        manual_path_of("porch", (SLOT_START + 312) * 1000 + 345),
    ],
)
def test_files_lie_as_shown(path: str) -> None:
    """A person finds them without the program."""
    assert path in PAGE


def test_the_numbers_are_those_of_the_code() -> None:
    """Of brightness, days, frames and thumbnails."""
    for words in (
        f"is below {DAYLIGHT_BRIGHTNESS:.0f}",
        f"last {USUAL_DAYS} days without a stretch, {MOST_DAYS} at most",
        f"{MOST_FRAMES:,} at most",
        f"at most {THUMBNAIL_WIDTH} pixels wide",
    ):
        assert words in PAGE, words


def test_every_address_of_the_frames_is_listed(place: Place) -> None:
    """With its method."""
    app = create_app(Archiver(place.engine, place.store, place.bus_address, Clock()))
    paths = app.openapi()["paths"]
    for path in (path for path in paths if path.startswith("/api/camera/frames")):
        ending = path.removeprefix("/api/camera/frames").replace("{frame_id}", "{id}")
        assert f"…{ending}" in PAGE, path
