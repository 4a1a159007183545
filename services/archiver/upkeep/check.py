"""Compares rows with their files: which are gone, have another size, or other bytes. Changes nothing. Blocks."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final

from sqlalchemy import Engine

from services.archiver.base.errors import DiskNotMountedError, StorageUnavailableError
from services.archiver.db.file_facts import BEFORE_ALL, FileFact, FileFacts
from services.archiver.files.store import FrameStore
from services.archiver.upkeep.report import CameraFindings
from shared.logs import get_logger

_DAYS_REMEMBERED: Final = 4
"""Rows come in the order of their instants, so their directories come nearly in order, too."""
MOST_UNREADABLE: Final = 20
"""So many in a row are no worn places of a disk: the store is away."""
log = get_logger(__name__)


class Verdict(Enum):
    """What was found in a row's place."""

    WHOLE = auto()
    MISSING = auto()
    CHANGED = auto()
    UNREADABLE = auto()


class Check:
    """For one store and its rows. With `with_hashes` every file is read, else only the directories are.

    `on_progress` gets the number of rows that were just checked.
    """

    def __init__(
        self,
        engine: Engine,
        store: FrameStore,
        *,
        with_hashes: bool,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._facts = FileFacts(engine)
        self._store = store
        self._with_hashes = with_hashes
        self._on_progress = on_progress
        self._sizes: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._unreadable_in_a_row = 0

    def camera(self, camera_key: str) -> CameraFindings:
        """Check all rows of one camera.

        Raises:
            StorageUnavailableError: when the store is away; DatabaseUnavailableError, when the database is.
        """
        findings, after = CameraFindings(camera_key), BEFORE_ALL
        while page := self._facts.of_camera(camera_key, after):
            self.rows(page, findings)
            after = page[-1]
            self._on_progress(len(page))
        return findings

    def rows(self, facts: Sequence[FileFact], findings: CameraFindings) -> None:
        """Add what these rows lack to the findings. Raises as `camera`."""
        wrong = [(fact, verdict) for fact in facts if (verdict := self._look(fact)) is not Verdict.WHOLE]
        # Somebody may have deleted one since it was read.
        still_there = self._facts.still_there(fact for fact, _ in wrong) if wrong else set()
        wrong = [(fact, verdict) for fact, verdict in wrong if fact.id in still_there]
        for fact, verdict in wrong:
            _note(fact, verdict, findings)
        findings.rows += len(facts)
        findings.whole += len(facts) - len(wrong)
        missing = [fact for fact, verdict in wrong if verdict is Verdict.MISSING]
        findings.elsewhere.update(self._facts.same_pictures(missing).values())

    def _look(self, fact: FileFact) -> Verdict:
        try:
            verdict = self._found(fact)
        except FileNotFoundError:
            verdict = Verdict.MISSING
        except DiskNotMountedError as error:
            log.warning("a frame's file can't be looked at", path=fact.path, reason=str(error))
            return Verdict.UNREADABLE
        except StorageUnavailableError as error:
            self._unreadable_in_a_row += 1
            if self._unreadable_in_a_row > MOST_UNREADABLE:
                raise
            log.warning("a frame's file can't be looked at", path=fact.path, reason=str(error))
            return Verdict.UNREADABLE
        self._unreadable_in_a_row = 0
        return verdict

    def _found(self, fact: FileFact) -> Verdict:
        size = self._listed(fact.path.rpartition("/")[0]).get(fact.path)
        if size is None and self._store.modified_at(fact.path) is None:
            return Verdict.MISSING  # nor was it written since its directory was listed
        if size is not None and size != fact.bytes:
            return Verdict.CHANGED
        if not self._with_hashes:
            return Verdict.WHOLE
        is_same = hashlib.sha256(self._store.read(fact.path)).hexdigest() == fact.sha256
        return Verdict.WHOLE if is_same else Verdict.CHANGED

    def _listed(self, directory: str) -> dict[str, int]:
        """The sizes of the directory's files, by path."""
        sizes = self._sizes.get(directory)
        if sizes is None:
            sizes = {file.path: file.byte_count for file in self._store.day(directory)}
            self._sizes[directory] = sizes
            if len(self._sizes) > _DAYS_REMEMBERED:
                self._sizes.popitem(last=False)
        return sizes


def _note(fact: FileFact, verdict: Verdict, findings: CameraFindings) -> None:
    if verdict is Verdict.MISSING:
        findings.missing[fact.id] = fact.path
        log.warning("a frame's file is gone", id=fact.id, path=fact.path)
    elif verdict is Verdict.CHANGED:
        findings.changed[fact.id] = fact.path
        log.warning("a frame's file is not what was archived", id=fact.id, path=fact.path)
    else:
        findings.unreadable.append(fact.path)
