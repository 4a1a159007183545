"""The picture that stands for a time-lapse: not black, and there when the video is."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageStat

from services.archiver.timelapse.poster import WIDTH, poster_place, save_poster
from tests.archiver.timelapse.conftest import BEGIN, body
from tests.archiver.timelapse.pictures import plain
from tests.archiver.timelapse.test_api import LAPSES, asked, done
from tests.support.archive import MadeArchive

NIGHT = [3.0] * 16


@pytest.mark.parametrize(
    ("brightness", "place"),
    [
        ([5.0, 90.0, 60.0, 200.0], 1),
        ([*NIGHT, 50.0, 120.0, 90.0], 18),
        ([2.0, 9.0, 5.0], 1),
        ([None, 80.0, None], 1),
        ([None, None, None], 1),
        ([7.0], 0),
    ],
)
def test_it_is_the_median_of_the_frames_by_daylight(brightness: list[float | None], place: int) -> None:
    """In December two thirds of the frames are dark; at night the lightest one is the best."""
    assert poster_place(brightness) == place


def light_of(jpeg: bytes) -> float:
    return ImageStat.Stat(Image.open(io.BytesIO(jpeg)).convert("L")).mean[0]


def test_a_finished_one_has_a_poster_that_shows_something(client: TestClient) -> None:
    """Its first frame is of midnight. Browsers keep it, as they do the video."""
    made = done(client, asked(client)["id"])
    poster = client.get(made["poster_url"])
    assert (poster.status_code, poster.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(poster.content)).size == (160, 90)
    assert light_of(poster.content) > 60
    assert client.head(made["poster_url"]).status_code == 200
    assert client.delete(f"{LAPSES}/{made['id']}").status_code == 204
    assert client.get(made["poster_url"]).status_code == 404


def test_a_damaged_frame_is_no_poster(client: TestClient, archive: MadeArchive, tmp_path: Path) -> None:
    """The next one is. If none is left, there is a video without one."""
    del archive
    for hour in ("09", "10", "11", "12", "13", "14"):
        for file in (tmp_path / "frames").rglob(f"*T{hour}????Z.webp"):
            file.write_bytes(b"damaged")
    made = done(client, asked(client)["id"])
    assert light_of(client.get(made["poster_url"]).content) > 0


def test_without_a_poster_it_is_said(client: TestClient, archive: MadeArchive) -> None:
    """Of a range at night the lightest frame is taken, and one that is not done has none."""
    archive.frame(BEGIN - timedelta(days=2), picture=plain((1, 1, 1)))
    job = client.post(LAPSES, json=body(width=3840, height=2160, fps=1)).json()
    assert job["poster_url"] is None
    assert client.get(f"{LAPSES}/{job['id']}/poster").status_code == 404


def test_it_is_small(tmp_path: Path) -> None:
    """A list of them is fetched at once."""
    save_poster(plain(size=(3840, 2160)), str(tmp_path / "poster"))
    with Image.open(tmp_path / "poster") as poster:
        assert (poster.format, poster.size) == ("JPEG", (WIDTH, 360))
