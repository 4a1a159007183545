"""What the rows say of the files, for those who go through all of them: few columns, a page at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Integer, select, tuple_
from sqlmodel import col

from services.archiver.base.epoch import EPOCH
from services.archiver.db.engine import reading
from services.archiver.db.models import ArchivedFrame, UtcDateTime

ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class FileFact:
    """A row, as far as it speaks of its file."""

    id: int
    camera_key: str
    captured_at: datetime
    path: str
    bytes: int
    sha256: str


BEFORE_ALL: Final = FileFact(0, "", EPOCH, "", 0, "")


class FileFacts:
    """Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cameras(self) -> Sequence[str]:
        """The keys of all cameras that have rows."""
        with reading(self._engine) as session:
            key = col(ArchivedFrame.camera_key)
            return session.connection().execute(select(key).distinct().order_by(key)).scalars().all()

    def of_camera(self, camera_key: str, after: FileFact = BEFORE_ALL) -> list[FileFact]:
        """The next page of the camera's rows, oldest first."""
        place = tuple_(col(ArchivedFrame.captured_at), col(ArchivedFrame.id))
        is_after = place > tuple_(after.captured_at, after.id, types=[UtcDateTime(), Integer()])
        return self._page(
            [col(ArchivedFrame.camera_key) == camera_key, is_after],
            (col(ArchivedFrame.captured_at), col(ArchivedFrame.id)),
            ROWS_AT_ONCE,
        )

    def after_id(self, row_id: int, limit: int) -> list[FileFact]:
        """The rows of all cameras in the order of their ids, after this one."""
        return self._page([col(ArchivedFrame.id) > row_id], (col(ArchivedFrame.id),), limit)

    def with_ids(self, row_ids: Sequence[int]) -> list[FileFact]:
        """These rows as they are now, a hundred or so at a time; those that are gone are left out."""
        return self._page([col(ArchivedFrame.id).in_(row_ids)], (col(ArchivedFrame.id),), len(row_ids))

    def still_there(self, facts: Iterable[FileFact]) -> set[int]:
        """The ids of those of these rows that have been neither deleted nor renamed meanwhile."""
        paths = {fact.id: fact.path for fact in facts}
        with reading(self._engine) as session:
            row_id, path = col(ArchivedFrame.id), col(ArchivedFrame.path)
            found = session.connection().execute(select(row_id, path).where(row_id.in_(list(paths))))
            return {each for each, its_path in found if each is not None and paths[each] == its_path}

    def same_pictures(self, facts: Sequence[FileFact]) -> dict[int, str]:
        """The other camera that has a row with the same picture and instant, by the id of the row among these."""
        if not facts:
            return {}
        frame, instants = ArchivedFrame, {fact.captured_at for fact in facts}
        statement = select(col(frame.captured_at), col(frame.sha256), col(frame.camera_key)).where(
            col(frame.captured_at).in_(instants), col(frame.camera_key) != facts[0].camera_key
        )
        with reading(self._engine) as session:
            others = {(at, sha256): key for at, sha256, key in session.connection().execute(statement)}
        found = ((fact.id, others.get((fact.captured_at, fact.sha256))) for fact in facts)
        return {row_id: key for row_id, key in found if key is not None}

    def _page(self, conditions: list[ColumnElement[bool]], order: Sequence[Any], limit: int) -> list[FileFact]:
        frame = ArchivedFrame
        statement = (
            select(
                col(frame.id),
                col(frame.camera_key),
                col(frame.captured_at),
                col(frame.path),
                col(frame.bytes),
                col(frame.sha256),
            )
            .where(*conditions)
            .order_by(*order)
            .limit(limit)
        )
        with reading(self._engine) as session:
            found = session.connection().execute(statement)
            return [
                FileFact(row_id or 0, key, at, path, byte_count, sha256)
                for row_id, key, at, path, byte_count, sha256 in found
            ]
