"""The record of the images' sizes, and when an image counts as grown. `scripts/e2e` measures the images themselves."""

import json

from tests.support.image_sizes import IMAGES, RECORDED, TOGETHER, grown

MOST_MEGABYTES = 350


def test_an_image_may_grow_by_a_twentieth() -> None:
    """More must be recorded on purpose, and so must a new image. The base is not ours."""
    recorded = {"stream": 20.0, "base": 40.0}
    assert grown({"stream": 21.0, "base": 90.0}, recorded) == []
    assert grown({"stream": 21.1, "ingest": 1.0}, recorded) == ["stream", "ingest"]


def test_all_images_are_recorded_and_small_enough_together() -> None:
    """With the base, which all of them share."""
    recorded = json.loads(RECORDED.read_text())
    assert set(recorded) == {*IMAGES, TOGETHER, "base"}
    assert recorded[TOGETHER] + recorded["base"] <= MOST_MEGABYTES
