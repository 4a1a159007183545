"""Takes in a camera's directory that somebody renamed by hand: its files still have the old camera in their names."""

from collections.abc import Collection

from services.archiver.files.paths import FrameName, kept_mark_of, thumbnail_path_of
from services.archiver.files.store import FrameStore, StoredFile
from services.archiver.upkeep.report import RescanReport
from shared.logs import get_logger

log = get_logger(__name__)


def take_in_misplaced(store: FrameStore, report: RescanReport, changing: Collection[str]) -> None:
    """Rename the files of every directory that is a camera's, and whose names say another camera.

    Only where nothing is in the place that the name says: otherwise it is a copy, as for a backup. Not those of the
    cameras that are `changing`.

    Raises:
        StorageUnavailableError: what is done so far stays done.
    """
    for camera_key in (key for key in store.cameras() if key not in changing):
        for files in store.files(camera_key):
            _take_in_day(store, camera_key, files, report)


def _take_in_day(store: FrameStore, camera_key: str, files: list[StoredFile], report: RescanReport) -> None:
    moves: dict[str, str] = {}
    for file in files:
        name = FrameName.parse_below(file.path, camera_key)
        if name is None or name.camera_key == camera_key:
            continue
        if store.modified_at(name.path) is not None:
            report.copies += 1
            continue
        new = name.of_camera(camera_key).path
        moves[file.path] = new
        report.moved_in[camera_key] = name.camera_key
    if moves:
        stay = store.move(moves)
        moved = {old: new for old, new in moves.items() if old not in stay}
        store.move({of(old): of(new) for old, new in moved.items() for of in (thumbnail_path_of, kept_mark_of)})
        log.warning("files named for another camera renamed", camera=camera_key, count=len(moves) - len(stay))
