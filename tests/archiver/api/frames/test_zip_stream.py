"""Zip files are made while they are sent, and can be read in the order in which they come."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import timedelta

from services.archiver.api.frames.zip_stream import zipped
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName
from tests.archiver.support import AT, SLOT_START, webp_of

_LOCAL_HEADER = b"PK\x03\x04"


def archive(frame_files: FrameFiles, frame_rows: FrameRows, count: int = 3) -> dict[str, bytes]:
    """Frames with rows; their bytes by path."""
    found = {}
    for number in range(count):
        name, webp = FrameName("camera_1", SLOT_START + number * 3600), webp_of(at=AT + timedelta(hours=number))
        frame_rows.add(ArchivedFrame.of(frame_files.save(name, webp), AT))
        found[name.path] = webp
    return found


def entries_from_the_front(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each entry by what stands before it, as a reader has to that can't go to the end first."""
    at = 0
    while content[at : at + 4] == _LOCAL_HEADER:
        flags = int.from_bytes(content[at + 6 : at + 8], "little")
        assert not flags & 0x08, "its size stands behind it"
        method, crc = int.from_bytes(content[at + 8 : at + 10], "little"), content[at + 14 : at + 18]
        packed, size = (int.from_bytes(content[at + place : at + place + 4], "little") for place in (18, 22))
        name_length, extra = (int.from_bytes(content[at + place : at + place + 2], "little") for place in (26, 28))
        assert (method, packed, extra) == (0, size, 0)
        start = at + 30 + name_length
        entry = content[start : start + size]
        assert zlib.crc32(entry) == int.from_bytes(crc, "little")
        yield content[at + 30 : start].decode(), entry
        at = start + size


def test_each_piece_holds_one_frame_and_what_is_not_asked_for_is_not_read(
    frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """So its size does not matter, and a client that leaves ends the work."""
    webps = archive(frame_files, frame_rows)
    pieces = zipped(frame_rows, frame_files, FrameQuery(oldest_first=True))
    first = next(pieces)
    path, *others = webps
    assert webps[path] in first
    assert len(first) < len(webps[path]) + 200
    for other in others:
        frame_files.store.delete(other)
    assert b"skipped.txt" in b"".join(pieces)


def test_every_entry_tells_its_size_and_checksum_before_it_comes(
    frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """Java's ZipInputStream refuses stored entries that tell them behind. `skipped.txt` is one, too."""
    webps = archive(frame_files, frame_rows)
    *kept, gone = webps
    frame_files.store.delete(gone)
    content = b"".join(zipped(frame_rows, frame_files, FrameQuery(oldest_first=True)))
    found = dict(entries_from_the_front(content))
    assert found == {path: webps[path] for path in kept} | {"skipped.txt": f"{gone}\n".encode()}
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == found
