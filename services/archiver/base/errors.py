"""The archiver's own errors, each named for what its catcher does about it."""

from shared.errors import FramecastError


class PictureRefusedError(FramecastError):
    """Raised when a picture does not decode completely. Count it and take the next one."""


class PictureTooLargeError(PictureRefusedError):
    """Raised before decoding, when a picture would cost more than it may. Set its file aside; it may be a good one."""


class OutOfMemoryError(PictureRefusedError):
    """Raised when there is no memory to decode a picture now. Leave its file alone: nothing is known of it."""


class ForeignPictureError(PictureRefusedError):
    """Raised when a whole picture has a frame's name but not our label. Leave it alone."""


class DamagedFrameError(FramecastError):
    """Raised when a frame's file is not the file that its row describes. Report it; never show it."""


class EncodeFailedError(FramecastError):
    """Raised when a whole picture can't be encoded as WebP. Report it and try another picture."""


class StorageUnavailableError(FramecastError):
    """Raised when the archive's files can't be read or written. Report it and try again later."""


class StorageFullError(StorageUnavailableError):
    """Raised when there is no room for another file. The same, until somebody makes room."""


class RequestRefusedError(StorageUnavailableError):
    """Raised when an object store refuses a request. The same, unless another request does the same work."""


class DiskNotMountedError(StorageUnavailableError):
    """Raised when the archive's disk is away, or another one is in its place. Write nothing; it may come back."""


class DatabaseUnavailableError(FramecastError):
    """Raised when the database is away, locked or not usable. Report it, keep the file, insert the row later."""


class DatabaseDamagedError(DatabaseUnavailableError):
    """Raised when the database's file is no database any more. Say what to do; only a person can mend it."""


class UnknownCameraError(FramecastError):
    """Raised when no status of this camera was ever received. Say where the known cameras are listed."""


class CameraChangingError(FramecastError):
    """Raised when a camera is being renamed or forgotten; its text is that camera's key. Say so, try again later."""


class ClientGoneError(FramecastError):
    """Raised when the client of a request has gone. Stop: the rest of the work would be for nobody."""


class NoPictureError(FramecastError):
    """Raised when a camera gives no live picture; the message says why. Try again later."""
