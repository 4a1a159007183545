"""What an error that nobody foresaw says of a camera: its connection fails, and the log says where to look."""

import traceback

from services.ingest.sources import SourceUnsupportedError, failure_reasons
from shared.logs import get_logger

log = get_logger(__name__)


def unreadable_error(camera_key: str, fault: Exception) -> SourceUnsupportedError:
    """The error for `fault`, which is logged by its kind and place. Its text is left out: a parser's repeats what the
    camera sent, and that may be our password.

    Each line follows a connection, and so the camera's retries bound how many there are.
    """
    kind = type(fault).__name__
    frames = traceback.extract_tb(fault.__traceback__)[-3:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    log.error("camera can't be read", camera=camera_key, error=kind, places=places)
    return SourceUnsupportedError(failure_reasons.UNREADABLE.format(kind))
