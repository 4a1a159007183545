"""The pictures of an order, one after the other, as the encoder takes them. Counts those that can't be used."""

import hashlib
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from PIL import Image

from services.archiver.base.errors import PictureRefusedError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.files.open_store import open_store
from services.archiver.files.store import FrameStore
from services.archiver.timelapse.compose import Composer, open_picture
from services.archiver.timelapse.render_job import RenderOrder, SourceFrame
from shared.settings import load_settings


class PicturesOf:
    """Iterate over it once. A frame that is gone, damaged or no picture is left out and counted in `skipped`.

    `tell` is called with the counts before each frame is given. Raises StorageUnavailableError while iterating.
    """

    def __init__(self, order: RenderOrder, tell: Callable[[int, int], None]) -> None:
        self.done = 0
        self.skipped = 0
        self._order = order
        self._tell = tell
        zone = None if order.time_zone is None else ZoneInfo(order.time_zone)
        self._composer = Composer(order.width, order.height, zone)

    def __iter__(self) -> Iterator[Image.Image]:
        store = _open_archive(self._order.archive)
        for frame in self._order.frames:
            try:
                picture = self._picture_of(frame, store)
            except (FileNotFoundError, PictureRefusedError):
                picture = None
                self.skipped += 1
            self.done += 1
            self._tell(self.done, self.skipped)
            if picture is not None:
                yield picture

    def _picture_of(self, frame: SourceFrame, store: FrameStore) -> Image.Image:
        webp = store.read(frame.path)
        # Much of what happens to a file on a worn card still decodes, to something else.
        if hashlib.sha256(webp).hexdigest() != frame.sha256:
            raise PictureRefusedError("the file is damaged")
        return self._composer.compose(open_picture(webp), frame.captured_at)


def _open_archive(archive: str) -> FrameStore:
    """As the archiver does, whose environment this process has: an object store's credentials are there alone."""
    return open_store(load_settings(ArchiverSettings).model_copy(update={"archive_dir": archive}))
