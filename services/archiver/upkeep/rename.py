"""Gives a camera's frames another key: files and rows together, a page at a time. May be cut short at any point.

First the files are moved, then their rows changed. Whoever goes on finds a row whose file is under its new path, and
changes the row. While it lasts no scan touches either camera (`CameraChange`).
"""

from dataclasses import dataclass, field

from sqlalchemy import Engine

from services.archiver.db.cameras import CameraRows
from services.archiver.db.file_facts import BEFORE_ALL, FileFact, FileFacts
from services.archiver.files.paths import FrameName, kept_mark_of, thumbnail_path_of
from services.archiver.files.store import FrameStore
from shared.logs import get_logger

log = get_logger(__name__)


@dataclass(slots=True)
class Renaming:
    """What came of it: how many frames have the new key, and the paths of those that could not get it."""

    moved: int = 0
    stayed: list[str] = field(default_factory=list)
    """The other camera has another picture of the same slot."""


def rename_camera(engine: Engine, store: FrameStore, key: str, new_key: str) -> Renaming:
    """Move all frames and gaps from one key to the other. If that one has some already, they are merged.

    Raises:
        DatabaseUnavailableError, StorageUnavailableError: what is done so far stays; do it again to go on.
    """
    rows, facts, done = CameraRows(engine), FileFacts(engine), Renaming()
    rows.copy_rule(key, new_key)  # first: no picture may have a key without its rule
    after = BEFORE_ALL
    while page := facts.of_camera(key, after):
        _rename_page(rows, store, page, new_key, done)
        after = page[-1]
    if not done.stayed:
        rows.rename_rest(key, new_key)
    store.prune(key)
    log.info("camera renamed", camera=key, to=new_key, frames=done.moved, stayed=len(done.stayed))
    return done


def _rename_page(rows: CameraRows, store: FrameStore, page: list[FileFact], new_key: str, done: Renaming) -> None:
    targets = [(fact, _new_path(fact.path, new_key)) for fact in page]
    twins = rows.twins([path for _, path in targets])
    others = {fact.path for fact, path in targets if twins.get(path, fact.sha256) != fact.sha256}
    moves = {fact.path: path for fact, path in targets if fact.path not in others}
    others |= set(store.move(moves))
    moved = [(fact, path) for fact, path in targets if fact.path not in others]
    beside = {of(fact.path): of(path) for fact, path in moved for of in (thumbnail_path_of, kept_mark_of)}
    for path in store.move(beside):
        store.delete(path)  # the other camera has one
    for fact, path in targets:
        if fact.path in others:
            done.stayed.append(fact.path)
            log.warning("a frame keeps its camera, the other one has another of its slot", path=fact.path, taken=path)
    rows.rename_frames(moved, new_key)
    done.moved += len(moved)


def _new_path(path: str, new_key: str) -> str:
    name = FrameName.parse(path)
    assert name is not None  # noqa: S101 every row's path is a frame's
    return name.of_camera(new_key).path
