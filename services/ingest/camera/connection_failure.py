"""What an error on a camera's connection says of the camera. One that nobody foresaw is that connection's failure, too,
and the log says where to look.
"""

import traceback

from services.ingest.decoding.picture_limits import PictureRefusedError, is_lack_of_memory
from services.ingest.sources import (
    SourceRefusedError,
    SourceUnavailableError,
    SourceUnsupportedError,
    failure_reasons,
)
from shared.logs import get_logger

log = get_logger(__name__)


def connection_failure(camera_key: str, fault: Exception) -> SourceUnavailableError:
    """The failure that `fault` is for the camera's connection. A lack of memory is no camera's, and is raised again."""
    if isinstance(fault, SourceUnavailableError):
        return fault
    if isinstance(fault, PictureRefusedError):
        return SourceRefusedError(str(fault))
    if is_lack_of_memory(fault):
        raise fault
    return _unreadable(camera_key, fault)


def _unreadable(camera_key: str, fault: Exception) -> SourceUnsupportedError:
    """The error for `fault`, which is logged by its kind and place. Its text is left out: a parser's repeats what the
    camera sent, and that may be our password.

    Each line follows a connection, and so the camera's retries bound how many there are.
    """
    kind = type(fault).__name__
    frames = traceback.extract_tb(fault.__traceback__)[-3:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    log.error("camera can't be read", camera=camera_key, error=kind, places=places)
    return SourceUnsupportedError(failure_reasons.UNREADABLE.format(kind))
