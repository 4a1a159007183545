"""The work of one painting process: paints the pictures of some slots and stores them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.archiver.base.epoch import from_seconds
from services.archiver.base.settings import ArchiverSettings
from services.archiver.demo.plant import paint
from services.archiver.demo.season import HOUR_SECONDS, LAG_SECONDS, Season
from services.archiver.files.frame_files import FrameFiles, StoredFrame
from services.archiver.files.open_store import open_store
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label, WebpOptions, encode_webp

_QUICKLY: Final = WebpOptions(method=0)


def save_pictures(
    settings: ArchiverSettings, camera_key: str, season: Season, slots: Sequence[int]
) -> list[StoredFrame]:
    """Paint and store the pictures of the slots with these starts (epoch seconds); the frames as they are stored.

    Raises:
        StorageUnavailableError: when the store is unavailable.
    """
    frame_files = FrameFiles(open_store(settings, is_tried=False))  # it was tried before
    stored = []
    for start in slots:
        captured_at = from_seconds(start) + timedelta(seconds=LAG_SECONDS)
        picture = paint(captured_at.astimezone(), season.growth(start))  # with this machine's day and night
        webp = encode_webp(picture, Label(camera_key, captured_at, HOUR_SECONDS), _QUICKLY)
        stored.append(frame_files.save(FrameName(camera_key, start), webp))
    return stored
