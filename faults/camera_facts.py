"""What the lab sees of the cameras' settings, as values: what the file holds, who asked for what, who shows what."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self, get_args

from shared.control.messages import Why

Table = tuple[tuple[str, Any], ...]
_MARK: Final = re.compile(rb"^# by hand (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a cameras file holds: each camera's table, in the file's order. `mark` is what an editor wrote into a
    comment last. A change makes another one; None as a value takes a setting back to its default.
    """

    tables: tuple[Table, ...] = field(repr=False)
    mark: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(str(dict(table)["device_key"]) for table in self.tables)

    def table(self, key: str) -> dict[str, Any] | None:
        """The camera's settings; None where there is no such camera."""
        found = (dict(table) for table in self.tables)
        return next((table for table in found if table["device_key"] == key), None)

    def with_new(self, table: Mapping[str, Any]) -> Self:
        return replace(self, tables=(*self.tables, _frozen(table)))

    def with_changed(self, key: str, given: Mapping[str, Any]) -> Self:
        changed = {**(self.table(key) or {}), **given}
        after = _frozen({name: value for name, value in changed.items() if value is not None})
        return replace(
            self, tables=tuple(after if dict(table)["device_key"] == key else table for table in self.tables)
        )

    def without(self, key: str) -> Self:
        return replace(self, tables=tuple(table for table in self.tables if dict(table)["device_key"] != key))

    def in_order(self, keys: Sequence[str]) -> Self:
        by_key = dict(zip(self.keys, self.tables, strict=True))
        return replace(self, tables=tuple(by_key[key] for key in keys))


BROKEN: Final = Kept(())
"""A file that is gone or damaged."""


def kept_of(data: bytes | None) -> Kept:
    """What is in the file's content; None: there is no file."""
    try:
        tables = tomllib.loads((data or b"").decode()).get("camera", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return BROKEN
    if not tables or not all("device_key" in table for table in tables):
        return BROKEN
    marks = _MARK.findall(data or b"")
    return Kept(tuple(_frozen(table) for table in tables), marks[-1].decode() if marks else "")


def _frozen(table: Mapping[str, Any]) -> Table:
    return tuple(sorted(table.items()))


DONE, WORKS, FAILS, SILENT, ERROR = "done", "works", "fails", "silent", "error"
"""How a request ended where ingest did not refuse it. `WORKS` and `FAILS`: an address was tried. `SILENT`: no answer
came, or ingest did not answer the replica. `ERROR`: an answer that nobody should get.
"""
REFUSED_OR_SILENT: Final = frozenset({SILENT, *get_args(Why)})
WHATEVER: Final = REFUSED_OR_SILENT | {DONE, WORKS, FAILS}
UNKNOWN_EFFECT: Final = frozenset({SILENT, ERROR, "late"})
"""After these nobody knows whether it was done, or is yet to be."""
BY_HAND: Final = "by hand"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked a replica for something of the cameras' settings, or wrote the file (`door` is `BY_HAND`).

    It is noted when it is asked, and once more with the same `number` when it is answered. `before` is the file that
    the request was made of, `after` the one that it makes; None where it changes nothing. `expected` are the outcomes
    that are true then.
    """

    number: int
    what: str
    door: str
    asked_at: float
    expected: frozenset[str]
    before: Kept | None = None
    after: Kept | None = None
    is_try: bool = False
    at: float = float("inf")
    outcome: str = ""
    words: str = ""

    @property
    def is_answered(self) -> bool:
        return bool(self.outcome)


@dataclass(frozen=True, slots=True)
class FileSeen:
    """The cameras file, read between the two times."""

    at: float
    until: float
    kept: Kept


@dataclass(frozen=True, slots=True)
class CamerasShown:
    """What a replica told of the cameras between the two times: their keys in order, and of the third one its name,
    whether it is switched on, and the shape of its live picture; None where there is none.
    """

    door: str
    at: float
    until: float
    keys: tuple[str, ...]
    name: str | None = None
    is_on: bool = False
    is_upright: bool | None = None
