"""One painter's work, in a process of its own: the pictures of some slots, put on the shelf."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.archiver.demo.plant import paint
from services.archiver.demo.season import HOUR_SECONDS, LAG_SECONDS, Season
from services.archiver.instants import from_seconds
from services.archiver.layout import FrameName
from services.archiver.pictures import Label, WebpOptions, encode_webp
from services.archiver.settings import ArchiverSettings
from services.archiver.shelf import KeptFile, Shelf
from services.archiver.stores import open_store

_QUICKLY: Final = WebpOptions(method=0)


def keep_pictures(settings: ArchiverSettings, camera_key: str, season: Season, slots: Sequence[int]) -> list[KeptFile]:
    """Paint and keep the pictures of the slots that begin there; what lies there in the end.

    Raises:
        StorageUnavailable: when the store is.
    """
    shelf = Shelf(open_store(settings))
    kept = []
    for start in slots:
        captured_at = from_seconds(start) + timedelta(seconds=LAG_SECONDS)
        picture = paint(captured_at.astimezone(), season.growth(start))  # by this machine's day and night
        webp = encode_webp(picture, Label(camera_key, captured_at, HOUR_SECONDS), _QUICKLY)
        kept.append(shelf.keep(FrameName(camera_key, start), webp))
    return kept
