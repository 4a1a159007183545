"""The archiver's own errors, each named for what its catcher does about it."""

from shared.errors import FramecastError


class PictureRefusedError(FramecastError):
    """Raised when a picture does not decode whole. Count it and take the next one."""


class ForeignPictureError(PictureRefusedError):
    """Raised when a whole picture under a frame's name has no label of ours. Leave it alone."""


class EncodeFailedError(FramecastError):
    """Raised when a whole picture can't be made a WebP. Show it, try again with another picture."""


class StorageUnavailableError(FramecastError):
    """Raised when the archive's files can't be read or written. Show it, try again later."""


class StorageFullError(StorageUnavailableError):
    """Raised when there is no room for another file. The same, until somebody makes room."""


class DatabaseUnavailableError(FramecastError):
    """Raised when the database is away, locked or not fit for use. Show it, keep the file, enter the row later."""
