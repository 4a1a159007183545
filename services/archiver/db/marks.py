"""Places in the archive that something has got to, by name. Numbers only; who makes a mark knows what it means."""

from sqlalchemy import Engine
from sqlmodel import Session

from services.archiver.db.engine import reading, writing
from services.archiver.db.models import ArchiveMark


def read_mark(session: Session, name: str) -> int | None:
    """The mark's value; None when it was never made."""
    mark = session.get(ArchiveMark, name)
    return None if mark is None else mark.value


def raise_mark(session: Session, name: str, value: int) -> None:
    """Make the mark, or raise it; it never gets lower."""
    known = read_mark(session, name)
    if known is None or value > known:
        session.merge(ArchiveMark(name=name, value=value))


class Marks:
    """For users without a session. Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, name: str) -> int | None:
        """See `read_mark`."""
        with reading(self._engine) as session:
            return read_mark(session, name)

    def set(self, name: str, value: int) -> None:
        """Make the mark, wherever it was before."""
        with writing(self._engine) as session:
            session.merge(ArchiveMark(name=name, value=value))
