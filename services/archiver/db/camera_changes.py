"""Which cameras are being renamed or forgotten. A change that a crash cut short is found here and goes on."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine
from sqlmodel import col, select

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import CameraChangingError
from services.archiver.db.engine import reading, writing
from services.archiver.db.models import CameraChange


class CameraChanges:
    """The table of changes. Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine, utc_ns: Callable[[], int] = time.time_ns) -> None:
        self._engine = engine
        self._utc_ns = utc_ns

    def begin(self, key: str, new_key: str | None) -> None:
        """Enter the change; `new_key` None forgets the camera. One that is entered already goes on.

        Raises:
            CameraChangingError: when another change of either camera is not finished.
        """
        with writing(self._engine) as session:
            for other in session.exec(select(CameraChange).where(col(CameraChange.ended_at).is_(None))):
                if (other.key, other.new_key) == (key, new_key):
                    return
                if {other.key, other.new_key} & ({key, new_key} - {None}):
                    raise CameraChangingError(other.key)
            begun_at = from_ns(self._utc_ns())
            session.merge(CameraChange(key=key, new_key=new_key, begun_at=begun_at, ended_at=None))

    def unfinished(self) -> Sequence[CameraChange]:
        """The changes that are under way, or were when an archiver ended."""
        with reading(self._engine) as session:
            return session.exec(select(CameraChange).where(col(CameraChange.ended_at).is_(None))).all()

    def end(self, key: str) -> None:
        """The change of this camera is done."""
        with writing(self._engine) as session:
            change = session.get(CameraChange, key)
            if change is not None:
                change.ended_at = from_ns(self._utc_ns())
                session.add(change)


def cameras_changing(engine: Engine) -> frozenset[str]:
    """The keys whose files and rows are being moved or removed."""
    changes = CameraChanges(engine).unfinished()
    return frozenset(key for change in changes for key in (change.key, change.new_key) if key is not None)
