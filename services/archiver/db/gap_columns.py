"""Gaps as bare numbers, for readers of very many: a camera behind bad Wi-Fi has ten thousand a year.

A row of the table as an object costs ten times as much as its numbers. Knows no camera and writes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, cast, func
from sqlmodel import Session, col, select

from services.archiver.db.intervals import GapReason
from services.archiver.db.models import ArchiveGap


class GapSpan(NamedTuple):
    """One gap: from `start` on, before `end` (UTC epoch seconds)."""

    start: int
    end: int
    interval_seconds: int


@dataclass(frozen=True, slots=True)
class JoinedGaps:
    """Gaps of one camera as one: from the first one's start to the last one's end (UTC epoch seconds).

    `reason`, `detail` and `interval_seconds` are those of the most slots. Deleted pictures are apart from missed slots.
    """

    camera_key: str
    start: int
    end: int
    interval_seconds: int
    reason: str
    detail: str | None
    gaps: int
    slots: int
    missing_seconds: int


class _Row(NamedTuple):
    """The gaps of one camera, reason and interval that begin in the same cell."""

    cell: int
    camera_key: str
    reason: str
    interval_seconds: int
    start: int
    end: int
    gaps: int
    slots: int
    missing_seconds: int
    detail: str | None

    @property
    def is_deleted(self) -> bool:
        return self.reason == GapReason.DELETED


def read_spans(session: Session, camera_key: str | None, since: int, until: int) -> Sequence[GapSpan]:
    """All gaps that overlap the stretch, except those of deleted pictures, in one query; in no order."""
    start, end = col(ArchiveGap.start_seconds), col(ArchiveGap.end_seconds)
    statement = select(start, end, col(ArchiveGap.interval_seconds)).where(
        end > since, start < until, col(ArchiveGap.reason) != GapReason.DELETED.value
    )
    if camera_key is not None:
        statement = statement.where(col(ArchiveGap.camera_key) == camera_key)
    return [GapSpan(*row) for row in session.exec(statement)]


def read_joined(
    session: Session, conditions: Sequence[ColumnElement[bool]], resolution: int, limit: int
) -> tuple[list[JoinedGaps], int | None]:
    """The gaps in cells of `resolution` seconds of UTC, each joined with those that begin in the same cell.

    They come by cells, the oldest first. At most `limit` cells; then the start of the next one, or None at the end.
    """
    found: list[JoinedGaps] = []
    rows = (_Row(*row) for row in session.exec(_by_cells(conditions, resolution)))
    for count, (cell, of_cell) in enumerate(groupby(rows, key=lambda row: row.cell)):
        if count == limit:
            return found, cell * resolution
        found += _joined(of_cell)
    return found, None


def _by_cells(conditions: Sequence[ColumnElement[bool]], resolution: int) -> Any:
    start, end = col(ArchiveGap.start_seconds), col(ArchiveGap.end_seconds)
    interval = col(ArchiveGap.interval_seconds)
    cell = (start // resolution).label("cell")
    groups = (cell, col(ArchiveGap.camera_key), col(ArchiveGap.reason), interval)
    numbers = (
        func.min(start),
        func.max(end),
        func.count(),
        cast(func.sum((end - start + interval - 1) // interval), BigInteger),
        cast(func.sum(end - start), BigInteger),
        func.max(col(ArchiveGap.detail)),
    )
    columns = select(*groups, *numbers)  # type: ignore[call-overload] # typed for four columns at the most
    return columns.where(*conditions).group_by(*groups).order_by(cell, col(ArchiveGap.camera_key))


def _joined(rows: Iterator[_Row]) -> Iterator[JoinedGaps]:
    for _, same in groupby(
        sorted(rows, key=lambda row: (row.camera_key, row.is_deleted)), key=lambda row: (row.camera_key, row.is_deleted)
    ):
        parts = list(same)
        most = max(parts, key=lambda row: row.slots)
        yield JoinedGaps(
            most.camera_key,
            min(row.start for row in parts),
            max(row.end for row in parts),
            most.interval_seconds,
            most.reason,
            most.detail,
            sum(row.gaps for row in parts),
            sum(row.slots for row in parts),
            sum(row.missing_seconds for row in parts),
        )
