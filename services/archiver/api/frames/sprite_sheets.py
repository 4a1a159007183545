"""Sprite sheets: the small copies of many frames in one picture, for a timeline that shows them while it is dragged.

A sheet is made of the stored thumbnails at the first request, and kept in memory for a while. Everything here blocks
and computes: call it on a thread.
"""

import hashlib
import io
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from services.archiver.base.errors import DamagedFrameError, PictureRefusedError
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from shared.logs import get_logger

MOST_FRAMES: Final = 100
COLUMNS: Final = 10
USUAL_WIDTH: Final = 160
JPEG_QUALITY: Final = 70
REMEMBERED_BYTES: Final = 32_000_000
BYTES_PER_PIXEL: Final = 8
"""Of a sheet: its cells, the sheet, and what encoding it takes."""
_READERS: Final = 4
_TALLEST: Final = 2  # times as high as wide: a panorama on its side makes no sheet of a hundred megapixels
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A JPEG: requested frame n is in column n % 10 of row n // 10. All cells have the same size.

    A frame that could not be read is a black cell; then `is_whole` is False, and a later request may get it.
    """

    jpeg: bytes
    is_whole: bool


def _nothing() -> None:
    """For callers who wait for the sheet whatever happens."""


class SpriteSheets:
    """Makes one sheet at a time, which leaves the rest of the machine to captures and other readers."""

    def __init__(self, frame_rows: FrameRows, frame_files: FrameFiles) -> None:
        self._frame_rows = frame_rows
        self._frame_files = frame_files
        self._making = threading.Lock()
        self._made: OrderedDict[str, Sheet] = OrderedDict()

    def frames(self, frame_ids: Sequence[int]) -> list[ArchivedFrame | None]:
        """The rows in the order of the ids; None for an id without a row."""
        found = self._frame_rows.get_many(frame_ids)
        return [found.get(frame_id) for frame_id in frame_ids]

    def sheet(self, frames: Sequence[ArchivedFrame | None], width: int, check: Callable[[], None] = _nothing) -> Sheet:
        """The sheet of these frames, of which there is at least one, with cells so wide.

        `check` is called before each cell, and ends the work by raising an error, when nobody waits for it any more.

        Raises:
            StorageUnavailableError: when the store is.
        """
        name = tag_of(frames, width)
        with self._making:
            check()
            sheet = self._made.get(name)
            if sheet is not None:
                self._made.move_to_end(name)
                return sheet
            sheet = self._make(frames, width, check)
            if sheet.is_whole:
                self._remember(name, sheet)
            return sheet

    def _make(self, frames: Sequence[ArchivedFrame | None], width: int, check: Callable[[], None]) -> Sheet:
        size = (width, _height_of_cells((frame for frame in frames if frame is not None), width))
        with ThreadPoolExecutor(_READERS, thread_name_prefix="sprites") as readers:
            cells = list(readers.map(lambda frame: self._cell(frame, size, check), frames))
        with self._frame_files.memory.taken(BYTES_PER_PIXEL * size[0] * size[1] * len(cells)):
            return Sheet(_jpeg_of(cells, size), all(cell is not None for cell in cells))

    def _cell(
        self, frame: ArchivedFrame | None, size: tuple[int, int], check: Callable[[], None]
    ) -> Image.Image | None:
        """The whole picture within its cell; None when it can't be read."""
        check()
        if frame is None:
            return None
        try:
            return ImageOps.pad(self._frame_files.thumbnail_picture(frame), size, Image.Resampling.BILINEAR)
        except (FileNotFoundError, DamagedFrameError, PictureRefusedError):
            log.warning("a frame is missing in a sheet", id=frame.id, path=frame.path)
            return None

    def _remember(self, name: str, sheet: Sheet) -> None:
        self._made[name] = sheet
        total = sum(len(each.jpeg) for each in self._made.values())
        while total > REMEMBERED_BYTES:
            total -= len(self._made.popitem(last=False)[1].jpeg)


def _jpeg_of(cells: Sequence[Image.Image | None], size: tuple[int, int]) -> bytes:
    columns = min(COLUMNS, len(cells))
    whole = Image.new("RGB", (size[0] * columns, size[1] * -(-len(cells) // columns)))
    for number, cell in enumerate(cells):
        if cell is not None:
            whole.paste(cell, (number % columns * size[0], number // columns * size[1]))
    file = io.BytesIO()
    whole.save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def tag_of(frames: Iterable[ArchivedFrame | None], width: int) -> str:
    """A name that no other sheet has: a hash of the pictures, in their order, and the width."""
    pictures = ",".join("" if frame is None else frame.sha256 for frame in frames)
    return hashlib.sha256(f"{width} {pictures}".encode()).hexdigest()


def _height_of_cells(frames: Iterable[ArchivedFrame], width: int) -> int:
    """The height that fits the shape of most of the frames."""
    (frame_width, frame_height), _ = Counter((frame.width, frame.height) for frame in frames).most_common(1)[0]
    return min(max(1, round(width * frame_height / frame_width)), width * _TALLEST)
