"""Removes a camera from the archive: rows and files together, a batch at a time. May be cut short at any point.

First the rows go, and their files are remembered as pending deletions. So whoever goes on finds the files.
"""

from dataclasses import dataclass

from sqlalchemy import Engine

from services.archiver.db.cameras import CameraRows
from services.archiver.db.file_facts import FileFacts
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import BROKEN_SUFFIX, KEPT_SUFFIX, THUMBNAIL_SUFFIX, FrameName, frame_path_of
from services.archiver.files.store import FrameStore
from shared.logs import get_logger

log = get_logger(__name__)


@dataclass(slots=True)
class Forgetting:
    """What went: frames with rows, and frames' files that had none."""

    frames: int = 0
    files: int = 0
    foreign: int = 0
    """Files that no archiver wrote. They are left."""


def forget_camera(engine: Engine, frame_files: FrameFiles, key: str) -> Forgetting:
    """Delete all pictures of the camera, and whatever the database knows of it.

    Raises:
        DatabaseUnavailableError, StorageUnavailableError: what is done so far stays; do it again to go on.
    """
    frame_rows, facts, done = FrameRows(engine), FileFacts(engine), Forgetting()
    while page := facts.of_camera(key):
        paths = frame_rows.delete([fact.id for fact in page], leave_gaps=False)
        for path in paths:
            frame_files.remove(path)
        frame_rows.deletions_done(paths)
        done.frames += len(paths)
        log.info("frames of a forgotten camera deleted", camera=key, count=len(paths))
    _remove_files(frame_files.store, key, done)
    CameraRows(engine).forget_rest(key)
    frame_files.store.prune(key)
    log.info("camera forgotten", camera=key, frames=done.frames, files=done.files, foreign=done.foreign)
    return done


def _remove_files(store: FrameStore, key: str, done: Forgetting) -> None:
    """Files that have no row: broken ones that were set aside, and what was written meanwhile."""
    for files in store.files(key):
        for file in files:
            if not _is_ours(file.path):
                done.foreign += 1
                continue
            store.delete(file.path)
            done.files += 1
            log.info("a file of a forgotten camera deleted", path=file.path)


def _is_ours(path: str) -> bool:
    frame = path.removesuffix(BROKEN_SUFFIX).removesuffix(KEPT_SUFFIX)
    if frame.endswith(THUMBNAIL_SUFFIX):
        frame = frame_path_of(frame)
    return FrameName.parse(frame) is not None
