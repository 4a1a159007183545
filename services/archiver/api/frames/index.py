"""`GET /api/camera/frames/index`: all frames of a camera, as a few numbers each; for clients that need thousands."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import CursorParameter, Range
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE
from services.archiver.api.turns import in_turn
from services.archiver.db.frame_query import Cursor, FrameQuery
from services.archiver.db.frames import FrameRows
from shared.bus.topics import KEY_PATTERN

MOST_INDEXED: Final = 50_000

OneCamera = Annotated[str, Query(pattern=KEY_PATTERN, max_length=63, description="a camera's key")]
Most = Annotated[int, Query(ge=1, le=MOST_INDEXED, description="at most this many frames: the newest ones")]


class IndexAnswer(BaseModel):
    """A camera's frames, oldest first, in columns of the same length.

    `id` and `captured_at` begin with a number; each further entry is the difference to the one before. So ten thousand
    frames take some 280 kB.
    """

    camera: str
    frames: int = Field(description="how many")
    id: list[int] = Field(description="the first one's; then differences")
    captured_at: list[int] = Field(description="milliseconds since 1970 in UTC; then differences")
    brightness: list[int | None] = Field(description="mean luma from 0 (black) to 255; null until it has been measured")
    bytes: list[int] = Field(description="size of the WebP file")
    hash: str = Field(
        description="the first eight hexadecimal digits of each frame's `sha256`, one frame after the other"
    )
    manual: list[int] = Field(description="the positions, from 0, of the manual captures")
    kept: list[int] = Field(description="the positions, from 0, of the frames that are marked as kept")
    next_cursor: str | None = Field(description="give it as `cursor` for the older frames; null when there are none")


def index_router(frame_rows: FrameRows) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/index",
        dependencies=[in_turn()],
        summary="All frames of a camera, in columns",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def frame_index(
        camera: OneCamera, stretch: Range, cursor: CursorParameter = None, limit: Most = 20_000
    ) -> IndexAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        columns, following = frame_rows.columns(FrameQuery(camera, *stretch, after=after, limit=limit))
        return IndexAnswer(
            camera=camera,
            frames=len(columns.ids),
            id=_differences(columns.ids),
            captured_at=_differences(columns.captured_ms),
            brightness=columns.brightness,
            bytes=columns.byte_counts,
            hash="".join(columns.hashes),
            manual=columns.manual,
            kept=columns.kept,
            next_cursor=following.encode() if following else None,
        )

    return router


def _differences(values: Iterable[int]) -> list[int]:
    values = list(values)
    return values[:1] + [after - before for before, after in pairwise(values)]
