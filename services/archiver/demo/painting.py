"""One painter's work, in a process of its own: the pictures of some slots, put on the shelf."""

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


def keep_pictures(
    settings: ArchiverSettings, camera_key: str, season: Season, slots: Sequence[int]
) -> list[StoredFrame]:
    """Paint and keep the pictures of the slots that begin there; what lies there in the end.

    Raises:
        StorageUnavailableError: when the store is.
    """
    shelf = FrameFiles(open_store(settings))
    kept = []
    for start in slots:
        captured_at = from_seconds(start) + timedelta(seconds=LAG_SECONDS)
        picture = paint(captured_at.astimezone(), season.growth(start))  # by this machine's day and night
        webp = encode_webp(picture, Label(camera_key, captured_at, HOUR_SECONDS), _QUICKLY)
        kept.append(shelf.keep(FrameName(camera_key, start), webp))
    return kept
