"""A multipart body of an HTTP camera, cut into reads of any size."""

from typing import Final

from fuzz.pieces import in_chunks
from services.ingest.sources.http.multipart import MultipartParser

HANDLED: Final = ()
MAX_BYTES: Final = 4 * 1024


def read(data: bytes) -> None:
    """Pictures are made of what arrived, and begin and end like one."""
    parser, taken, received = MultipartParser(), 0, 0
    for chunk in in_chunks(data):
        received += len(chunk)
        jpeg = parser.feed(chunk)
        if jpeg is not None:
            taken += len(jpeg)
            assert jpeg.startswith(b"\xff\xd8\xff")
            assert jpeg.rstrip(b"\r\n\0 ").endswith(b"\xff\xd9")
    assert taken <= received + 2 * parser.found
