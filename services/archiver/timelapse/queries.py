"""Reads the frames that a time-lapse may show: first two columns of all, then all that is needed of the selected ones.

Blocks on the database: call it on a thread. Manual captures are left out, since they belong to no rhythm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Engine, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from services.archiver.base import timelapse_texts
from services.archiver.base.local_time import Window
from services.archiver.db.engine import reading
from services.archiver.db.frame_query import DAYLIGHT_BRIGHTNESS
from services.archiver.db.models import ArchivedFrame, FrameKind
from services.archiver.timelapse.formats import FACTS
from services.archiver.timelapse.job import Job
from services.archiver.timelapse.render_job import SourceFrame
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.selection import CapturedFrame, NoTimelapseError, Selection, select_frames, size_of

MOST_FOUND: Final = 1_000_000
_IDS_AT_ONCE: Final = 500
_ROWS_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """What a request amounts to: the selection out of `found` frames, the picture's size, and the file's.

    `byte_count` is rough: it follows from the frames' own files, which are larger the more there is to see.
    """

    selection: Selection
    found: int
    width: int
    height: int
    byte_count: int

    def described_in(self, job: Job) -> Job:
        """The job with what the plan says of its video."""
        selection = self.selection
        return job.with_(frames=len(selection.frames), fps=float(selection.fps), width=self.width, height=self.height)


def plan(engine: Engine, request: TimelapseRequest) -> RenderPlan:
    """Select the frames. Raises NoTimelapseError if the request can't be met, and DatabaseUnavailableError."""
    frames, count = _found(engine, request)
    selection = select_frames(frames, request)
    facts = _sizes(engine, selection)
    width, height = size_of([size for size, _ in facts], request)
    per_pixel = sum(byte_count / (size[0] * size[1]) for size, byte_count in facts) / max(1, len(facts))
    byte_count = per_pixel * width * height * len(selection.frames) * FACTS[request.format].share_of_stills
    return RenderPlan(selection, count, width, height, round(byte_count))


def cameras_within(engine: Engine, window: Window) -> list[str]:
    """The cameras that have frames in this stretch of time. Raises DatabaseUnavailableError."""
    captured_at = col(ArchivedFrame.captured_at)
    statement = (
        select(ArchivedFrame.camera_key)
        .where(captured_at >= window[0], captured_at < window[1], col(ArchivedFrame.doubtful).is_(False))
        .distinct()
        .order_by(ArchivedFrame.camera_key)
    )
    with reading(engine) as session:
        return list(session.exec(statement))


def sources(engine: Engine, selection: Selection) -> tuple[tuple[SourceFrame, ...], list[float | None]]:
    """Path, hash and time of the selected frames, and their brightness; those deleted meanwhile are left out."""
    columns = select(ArchivedFrame.id, ArchivedFrame.path, ArchivedFrame.sha256, ArchivedFrame.captured_at)
    lights = select(ArchivedFrame.id, ArchivedFrame.brightness)
    found: dict[int, SourceFrame] = {}
    brightness: dict[int | None, float | None] = {}
    with reading(engine) as session:
        for ids in _ids(selection):
            for row_id, path, sha256, captured_at in session.exec(columns.where(col(ArchivedFrame.id).in_(ids))):
                found[row_id or 0] = SourceFrame(row_id or 0, path, sha256, captured_at)
            brightness |= dict(session.exec(lights.where(col(ArchivedFrame.id).in_(ids))).all())
    frames = tuple(found[frame.id] for frame in selection.frames if frame.id in found)
    return frames, [brightness.get(frame.id) for frame in frames]


def _found(engine: Engine, request: TimelapseRequest) -> tuple[list[CapturedFrame], int]:
    """The frames to select from, and how many there are. Where that is too many, every second, third… one.

    Only a request that leaves frames out anyway can do with those.
    """
    captured_at, row_id = col(ArchivedFrame.captured_at), col(ArchivedFrame.id)
    statement = (
        select(ArchivedFrame.id, ArchivedFrame.captured_at)
        .where(*_conditions(request))
        .order_by(captured_at, row_id)
        .limit(MOST_FOUND + 1)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    with reading(engine) as session:
        frames = [CapturedFrame(each or 0, at) for each, at in session.exec(statement)]
        if len(frames) <= MOST_FOUND:
            return frames, len(frames)
        if request.length_seconds is None and request.daily_at is None:
            raise NoTimelapseError(timelapse_texts.too_many_found(MOST_FOUND))
        del frames
        return _some(session, request)


def _some(session: Session, request: TimelapseRequest) -> tuple[list[CapturedFrame], int]:
    captured_at, row_id = col(ArchivedFrame.captured_at), col(ArchivedFrame.id)
    conditions = list(_conditions(request))
    count = session.exec(select(func.count()).select_from(ArchivedFrame).where(*conditions)).one()
    number = func.row_number().over(order_by=(captured_at, row_id)).label("number")
    numbered = select_columns(row_id.label("id"), captured_at.label("captured_at"), number).where(*conditions)
    of = numbered.subquery().c
    step = -(-count // MOST_FOUND)
    statement = select_columns(of.id, of.captured_at).where(of.number % step == 0).order_by(of.number)
    found = session.connection().execute(statement.execution_options(yield_per=_ROWS_AT_ONCE))
    return [CapturedFrame(each, at) for each, at in found], count


def _conditions(request: TimelapseRequest) -> Iterator[ColumnElement[bool]]:
    yield col(ArchivedFrame.camera_key) == request.camera
    yield col(ArchivedFrame.kind) != FrameKind.MANUAL.value
    yield col(ArchivedFrame.doubtful).is_(False)
    yield col(ArchivedFrame.captured_at) >= request.since
    yield col(ArchivedFrame.captured_at) < request.until
    if request.daylight:
        yield col(ArchivedFrame.brightness) >= DAYLIGHT_BRIGHTNESS


def _sizes(engine: Engine, selection: Selection) -> Sequence[tuple[tuple[int, int], int]]:
    """Width and height of the frames, and the bytes of their files."""
    statement = select(ArchivedFrame.width, ArchivedFrame.height, ArchivedFrame.bytes)
    with reading(engine) as session:
        return [
            ((width, height), byte_count)
            for ids in _ids(selection)
            for width, height, byte_count in session.exec(statement.where(col(ArchivedFrame.id).in_(ids)))
        ]


def _ids(selection: Selection) -> Iterator[list[int]]:
    ids = [frame.id for frame in selection.frames]
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))
