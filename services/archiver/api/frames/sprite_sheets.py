"""Sprites: the small copies of many frames in one picture, so that whoever scrubs has them all at hand.

A sheet is made when it is asked for, of the thumbnails that the archive has, and remembered for a while. Everything
here blocks and computes: call it on a thread.
"""

import hashlib
import io
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from services.archiver.base.errors import PictureRefusedError
from services.archiver.db.frame_columns import FrameIndex
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import DamagedFrameError, FrameFiles
from services.archiver.files.paths import thumbnail_path_of
from services.archiver.files.webp import read_webp
from shared.logs import get_logger

MOST_FRAMES: Final = 100
COLUMNS: Final = 10
USUAL_WIDTH: Final = 160
JPEG_QUALITY: Final = 70
REMEMBERED_BYTES: Final = 32_000_000
_READERS: Final = 4
_TALLEST: Final = 2  # times as high as wide: a panorama on its side makes no sheet of a hundred megapixels
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A JPEG: frame n of those asked for is in column n % 10 of row n // 10, all cells being alike.

    What could not be had is a black cell; `is_whole` is False then, and asking again may help.
    """

    jpeg: bytes
    is_whole: bool


class Sprites:
    """Makes one sheet at a time, so that captures and other readers have the rest of the machine."""

    def __init__(self, index: FrameIndex, shelf: FrameFiles) -> None:
        self._index = index
        self._shelf = shelf
        self._making = threading.Lock()
        self._made: OrderedDict[str, Sheet] = OrderedDict()

    def frames(self, frame_ids: Sequence[int]) -> list[ArchivedFrame | None]:
        """In the order of the ids; None for each that there is not."""
        found = self._index.rows(frame_ids)
        return [found.get(frame_id) for frame_id in frame_ids]

    def sheet(self, frames: Sequence[ArchivedFrame | None], width: int) -> Sheet:
        """The sheet of these frames, of which there is at least one, with cells so wide.

        Raises:
            StorageUnavailableError: when the store is.
        """
        name = tag_of(frames, width)
        with self._making:
            sheet = self._made.get(name)
            if sheet is not None:
                self._made.move_to_end(name)
                return sheet
            sheet = self._make(frames, width)
            if sheet.is_whole:
                self._remember(name, sheet)
            return sheet

    def _make(self, frames: Sequence[ArchivedFrame | None], width: int) -> Sheet:
        size = (width, _height_of_cells((frame for frame in frames if frame is not None), width))
        with ThreadPoolExecutor(_READERS, thread_name_prefix="sprites") as readers:
            cells = list(readers.map(lambda frame: self._cell(frame, size), frames))
        columns = min(COLUMNS, len(cells))
        whole = Image.new("RGB", (size[0] * columns, size[1] * -(-len(cells) // columns)))
        for number, cell in enumerate(cells):
            if cell is not None:
                whole.paste(cell, (number % columns * size[0], number // columns * size[1]))
        file = io.BytesIO()
        whole.save(file, "JPEG", quality=JPEG_QUALITY)
        return Sheet(file.getvalue(), all(cell is not None for cell in cells))

    def _cell(self, frame: ArchivedFrame | None, size: tuple[int, int]) -> Image.Image | None:
        """The whole picture within its cell; None when there is none to be had."""
        if frame is None:
            return None
        try:
            return ImageOps.pad(self._thumbnail(frame), size, Image.Resampling.BILINEAR)
        except (FileNotFoundError, DamagedFrameError, PictureRefusedError):
            log.warning("a frame is missing in a sheet", id=frame.id, path=frame.path)
            return None

    def _thumbnail(self, frame: ArchivedFrame) -> Image.Image:
        try:
            picture = read_webp(self._shelf.store.read(thumbnail_path_of(frame.path))).picture
        except (FileNotFoundError, PictureRefusedError):
            picture = read_webp(self._shelf.thumbnail(frame)).picture
        return picture if picture.mode == "RGB" else picture.convert("RGB")

    def _remember(self, name: str, sheet: Sheet) -> None:
        self._made[name] = sheet
        total = sum(len(each.jpeg) for each in self._made.values())
        while total > REMEMBERED_BYTES:
            total -= len(self._made.popitem(last=False)[1].jpeg)


def tag_of(frames: Iterable[ArchivedFrame | None], width: int) -> str:
    """A name that no other sheet has: by the pictures themselves, in their order, and the width."""
    pictures = ",".join("" if frame is None else frame.sha256 for frame in frames)
    return hashlib.sha256(f"{width} {pictures}".encode()).hexdigest()


def _height_of_cells(frames: Iterable[ArchivedFrame], width: int) -> int:
    """As most of the frames are shaped."""
    (frame_width, frame_height), _ = Counter((frame.width, frame.height) for frame in frames).most_common(1)[0]
    return min(max(1, round(width * frame_height / frame_width)), width * _TALLEST)
