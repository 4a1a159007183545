"""Zip files are made while they are sent."""

from datetime import timedelta

from services.archiver.api.frames.zip_stream import zipped
from services.archiver.db.frames import Catalog, FrameQuery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName
from tests.archiver.support import AT, SLOT_START, webp_of


def test_each_piece_holds_one_frame_and_what_is_not_asked_for_is_not_read(shelf: FrameFiles, catalog: Catalog) -> None:
    """So its size does not matter, and a client that leaves ends the work."""
    webps = [webp_of(at=AT + timedelta(hours=number)) for number in range(3)]
    for number, webp in enumerate(webps):
        catalog.add(shelf.keep(FrameName("camera_1", SLOT_START + number * 3600), webp).row(AT))
    pieces = zipped(catalog, shelf, FrameQuery(oldest_first=True))
    first = next(pieces)
    assert webps[0] in first
    assert len(first) < len(webps[0]) + 200
    for number in range(1, 3):
        shelf.store.delete(FrameName("camera_1", SLOT_START + number * 3600).path)
    assert b"skipped.txt" in b"".join(pieces)
