"""Zip files are made while they are sent."""

from datetime import timedelta

from services.archiver.api.frames.zip_stream import zipped
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName
from tests.archiver.support import AT, SLOT_START, webp_of


def test_each_piece_holds_one_frame_and_what_is_not_asked_for_is_not_read(
    frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """So its size does not matter, and a client that leaves ends the work."""
    webps = [webp_of(at=AT + timedelta(hours=number)) for number in range(3)]
    for number, webp in enumerate(webps):
        frame_rows.add(ArchivedFrame.of(frame_files.save(FrameName("camera_1", SLOT_START + number * 3600), webp), AT))
    pieces = zipped(frame_rows, frame_files, FrameQuery(oldest_first=True))
    first = next(pieces)
    assert webps[0] in first
    assert len(first) < len(webps[0]) + 200
    for number in range(1, 3):
        frame_files.store.delete(FrameName("camera_1", SLOT_START + number * 3600).path)
    assert b"skipped.txt" in b"".join(pieces)
