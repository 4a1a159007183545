"""Reads a job's frames from the archive, one after the other, and composes each for the encoder."""

import hashlib
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from PIL import Image

from services.archiver.base.errors import PictureRefusedError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.files.local_store import LocalStore
from services.archiver.files.open_store import open_store
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import webp_bytes_needed
from services.archiver.timelapse.compose import Composer, open_picture
from services.archiver.timelapse.poster import save_poster
from services.archiver.timelapse.render_job import RenderJob, SourceFrame
from shared.settings import load_settings


class FrameReader:
    """Iterate over it once, for RGB pictures of the job's size. Raises StorageUnavailableError while iterating.

    A frame that is gone, damaged or no picture is left out and counted in `skipped`. `on_progress` gets the counts
    `done` and `skipped` before each frame. `hold_memory` waits for the bytes that decoding the next one takes; with 0
    they are given back.
    """

    def __init__(
        self, job: RenderJob, on_progress: Callable[[int, int], None], hold_memory: Callable[[int], None]
    ) -> None:
        self.done = 0
        self.skipped = 0
        self._job = job
        self._on_progress = on_progress
        self._hold_memory = hold_memory
        zone = None if job.time_zone is None else ZoneInfo(job.time_zone)
        self._composer = Composer(job.width, job.height, zone)

    def __iter__(self) -> Iterator[Image.Image]:
        settings = load_settings(ArchiverSettings)
        # This process has the archiver's environment, and so an object store's credentials.
        store = open_store(settings.model_copy(update={"archive_dir": self._job.archive}), is_tried=False)
        if isinstance(store, LocalStore):
            store.marker.expect(self._job.archive_id)
        poster = self._job.poster
        for frame in self._job.frames:
            try:
                picture = self._picture_of(frame, store, settings.picture_max_pixels)
            except (FileNotFoundError, PictureRefusedError):
                picture = None
                self.skipped += 1
            self.done += 1
            self._on_progress(self.done, self.skipped)
            if picture is not None:
                if poster is not None and self.done > self._job.poster_place:
                    save_poster(picture, poster)
                    poster = None
                yield picture

    def _picture_of(self, frame: SourceFrame, store: FrameStore, max_pixels: int) -> Image.Image:
        webp = store.read(frame.path)
        # Many files that are damaged, as on a worn card, still decode, but to another picture.
        if hashlib.sha256(webp).hexdigest() != frame.sha256:
            raise PictureRefusedError("the file is damaged")
        self._hold_memory(webp_bytes_needed(webp, max_pixels))
        try:
            return self._composer.compose(open_picture(webp, max_pixels), frame.captured_at)
        finally:
            self._hold_memory(0)
