"""Renames or forgets a camera from beginning to end: enters the change, adopts what has no row, does it, says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from services.archiver.base import camera_texts
from services.archiver.base.errors import UnknownCameraError
from services.archiver.db.camera_changes import CameraChanges
from services.archiver.db.cameras import CameraRows
from services.archiver.db.models import CameraChange
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.upkeep.forget import forget_camera
from services.archiver.upkeep.rename import rename_camera


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """A change in words. Not `is_complete`: some frames keep the old key, as the new one has others in their slots."""

    words: str
    is_complete: bool = True


class CameraKeeper:
    """For one archive. Blocks: call it on a thread."""

    def __init__(self, engine: Engine, frame_files: FrameFiles, recovery: Recovery) -> None:
        self._engine = engine
        self._frame_files = frame_files
        self._recovery = recovery
        self._rows = CameraRows(engine)
        self._changes = CameraChanges(engine)

    def begin(self, key: str, new_key: str | None) -> None:
        """Enter the change, so that it is finished whatever happens; None forgets the camera.

        Raises:
            UnknownCameraError: when the archive has nothing of this camera.
            CameraChangingError: when another change of either camera is not finished.
        """
        if (key, new_key) in {(each.key, each.new_key) for each in self._changes.unfinished()}:
            return  # perhaps there is nothing left but to say that it is done
        if not self._rows.has(key) and key not in self._frame_files.store.cameras():
            raise UnknownCameraError(key)
        self._changes.begin(key, new_key)

    def finish(self, key: str, new_key: str | None) -> ChangeResult:
        """Do what was entered, or the rest of it.

        Raises:
            DatabaseUnavailableError, StorageUnavailableError: what is done so far stays; do it again to go on.
        """
        self._recovery.finish_deletions()
        if new_key is None:
            gone = forget_camera(self._engine, self._frame_files, key)
            words, is_complete = camera_texts.camera_forgotten(key, gone.frames, gone.foreign), True
        else:
            self._recovery.scan_camera(key)
            done = rename_camera(self._engine, self._frame_files.store, key, new_key)
            is_complete = not done.stayed
            words = camera_texts.camera_renamed(key, new_key, done.moved, len(done.stayed))
        self._changes.end(key)
        return ChangeResult(words, is_complete)

    def unfinished(self) -> Sequence[CameraChange]:
        """The changes that are entered and not done. Raises DatabaseUnavailableError."""
        return self._changes.unfinished()
