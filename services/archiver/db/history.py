"""What is missing of each camera in the pieces of a stretch, such as the hours of a day: for a strip of states.

The database adds up: one query for a stretch, whatever the number of gaps, and a row for each piece and reason.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Engine, case, cast, func
from sqlmodel import col, select

from services.archiver.db.engine import reading
from services.archiver.db.intervals import GapReason
from services.archiver.db.models import ArchiveCamera, ArchivedFrame, ArchiveGap

_HARMLESS: Final = GapReason.DELETED.value
"""Somebody wanted these pictures away."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """`count` pieces of `seconds` each, from `since` on (UTC epoch seconds)."""

    since: int
    seconds: int
    count: int

    @property
    def until(self) -> int:
        return self.since + self.seconds * self.count

    def end_of(self, number: int) -> int:
        return self.since + self.seconds * (number + 1)


@dataclass(slots=True)
class Missing:
    """What is missing in one piece: seconds by reason, and the camera's error of each reason."""

    seconds: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    details: dict[str, str | None] = field(default_factory=dict)

    def add(self, reason: str, seconds: int, detail: str | None) -> None:
        self.seconds[reason] += seconds
        self.details[reason] = self.details.get(reason) or detail

    @property
    def worst(self) -> str:
        """The reason for most of it."""
        return max(self.seconds, key=self.seconds.__getitem__)


class GapsOfPiece(NamedTuple):
    """The gaps of one camera and reason that begin in the same piece. Only the last of them can end beyond it."""

    camera_key: str
    piece: int
    reason: str
    end: int
    seconds: int
    detail: str | None


@dataclass(frozen=True, slots=True)
class KnownCamera:
    """A camera of the archive: since when it has pictures, and until when each slot has its picture or its gap."""

    key: str
    name: str
    first: int | None
    settled_until: int
    is_watched: bool


class HistoryRows:
    """The gaps and cameras, read for strips. Each method raises DatabaseUnavailableError when the database is
    unavailable, and blocks: call it on a thread.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cameras(self, camera_key: str | None = None) -> list[KnownCamera]:
        """Every camera that ever sent a status, by key; or that one."""
        key = col(ArchiveCamera.key)
        first = (
            select(func.min(ArchivedFrame.captured_at))
            .where(ArchivedFrame.camera_key == key, col(ArchivedFrame.doubtful).is_(False))
            .correlate(ArchiveCamera)
        )
        with reading(self._engine) as session:
            statement = select(ArchiveCamera, first.scalar_subquery()).order_by(key)
            rows = session.exec(statement if camera_key is None else statement.where(key == camera_key)).all()
        return [
            KnownCamera(
                camera.key,
                camera.name,
                None if at is None else int(at.timestamp()),
                camera.settled_until,
                camera.watched,
            )
            for camera, at in rows
        ]

    def missing(self, pieces: Pieces, camera_key: str | None = None) -> dict[str, dict[int, Missing]]:
        """By camera and piece, of one camera or of all. What is not there is not missing."""
        with reading(self._engine) as session:
            rows = [GapsOfPiece(*row) for row in session.exec(_by_pieces(pieces, camera_key))]
        return spread(rows, pieces)


def spread(rows: Iterable[GapsOfPiece], pieces: Pieces) -> dict[str, dict[int, Missing]]:
    """Give each piece its part of the gaps that go on beyond the piece that they begin in. Pure."""
    found: dict[str, dict[int, Missing]] = defaultdict(lambda: defaultdict(Missing))
    for row in rows:
        of_camera, number = found[row.camera_key], row.piece
        beyond = max(0, row.end - pieces.end_of(number))
        of_camera[number].add(row.reason, row.seconds - beyond, row.detail)
        while beyond > 0 and (number := number + 1) < pieces.count:
            of_camera[number].add(row.reason, min(beyond, pieces.seconds), row.detail)
            beyond -= pieces.seconds
    return {key: dict(of_camera) for key, of_camera in found.items()}


def _by_pieces(pieces: Pieces, camera_key: str | None) -> Any:
    start, end = col(ArchiveGap.start_seconds), col(ArchiveGap.end_seconds)
    first = case((start < pieces.since, pieces.since), else_=start)
    piece = ((first - pieces.since) // pieces.seconds).label("piece")
    groups = (col(ArchiveGap.camera_key), piece, col(ArchiveGap.reason))
    numbers = (func.max(end), cast(func.sum(end - first), BigInteger), func.max(col(ArchiveGap.detail)))
    columns = select(*groups, *numbers)  # type: ignore[call-overload] # typed for four columns at the most
    overlapping = (end > pieces.since, start < pieces.until, col(ArchiveGap.reason) != _HARMLESS)
    if camera_key is not None:
        columns = columns.where(col(ArchiveGap.camera_key) == camera_key)
    return columns.where(*overlapping).group_by(*groups)
