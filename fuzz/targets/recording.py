"""A recorded exchange with a camera, which users attach to reports: read, and its private parts hidden."""

import gzip
import io
import re
from typing import Final

from services.ingest.recording.masking import masked_events
from services.ingest.recording.recording import Recording, RecordingError
from services.ingest.sources.connection_options import ConnectionOptions

HANDLED: Final = (RecordingError,)
SECRET: Final = "kq7vXzWp"  # noqa: S105 of nobody
_ADDRESS: Final = re.compile(rb"(?<![\w.])192\.0\.2\.77(?![\w.])")
"""Within a longer number it is another one."""
OPTIONS: Final = ConnectionOptions("rtsp://192.0.2.77:554/live", "someone", SECRET)


def read(data: bytes) -> None:
    """A recording that is read can be written again, and lengths stay when it is hidden what is private.

    The input is the text, or the packed file itself.
    """
    packed = data if data[:2] == b"\x1f\x8b" else gzip.compress(data, 1, mtime=0)
    recording = Recording.read(io.BytesIO(packed))
    file = io.BytesIO()
    recording.write(file)
    again = Recording.read(io.BytesIO(file.getvalue()))
    assert again == recording
    hidden = masked_events(recording.events, OPTIONS, ["192.0.2.77"])
    assert [len(event.data) for event in hidden] == [len(event.data) for event in recording.events]
    for event in hidden:
        assert SECRET.encode() not in event.data
        assert not _ADDRESS.search(event.data)
