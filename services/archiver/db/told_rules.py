"""The rules of cameras that ingest told, remembered: a camera that was taken out keeps the one it had.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine, delete
from sqlmodel import col, select

from services.archiver.db.engine import reading, writing
from services.archiver.db.marks import raise_mark, read_mark
from services.archiver.db.models import ToldRule
from shared.bus.ingest_report import ArchiveKeys

NOTHING: Final = ArchiveKeys()
_TOLD: Final = "rules told"
"""The mark of an archive that has heard every ingest once."""


class ToldRules:
    """Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, ArchiveKeys]:
        """By camera; those that have none of their own are not there."""
        with reading(self._engine) as session:
            rows = session.exec(select(ToldRule)).all()
            return {row.camera_key: ArchiveKeys.model_validate(row.model_dump(exclude={"camera_key"})) for row in rows}

    def were_told(self) -> bool:
        """Whether every ingest was ever heard."""
        with reading(self._engine) as session:
            return read_mark(session, _TOLD) is not None

    def keep(self, rules: Mapping[str, ArchiveKeys], *, is_all: bool) -> None:
        """What these cameras' tables say now. The rules of all others stay. `is_all`: every ingest was heard."""
        with writing(self._engine) as session:
            if is_all:
                raise_mark(session, _TOLD, 1)
            for key, rule in rules.items():
                if rule == NOTHING:
                    session.exec(delete(ToldRule).where(col(ToldRule.camera_key) == key))
                else:
                    session.merge(ToldRule(camera_key=key, **rule.model_dump()))
