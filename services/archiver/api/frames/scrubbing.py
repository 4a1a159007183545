"""The archive over HTTP for whoever leafs through it quickly: all frames in a few numbers each, and sheets of them."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from services.archiver.api.frames.images import FOR_EVER, matches
from services.archiver.api.frames.sprite_sheets import MOST_FRAMES, USUAL_WIDTH, Sprites, tag_of
from services.archiver.api.parameters import CursorParameter, IfNoneMatch, Range
from services.archiver.api.schemas import PREFIX, troubles
from services.archiver.db.frame_columns import FrameIndex
from services.archiver.db.frames import MAX_ID, Cursor, FrameQuery
from services.archiver.files.image_features import THUMBNAIL_WIDTH
from shared.bus.topics import KEY_PATTERN

MOST_INDEXED: Final = 50_000
NARROWEST: Final = 64
_ID: Final = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_MOST: Final = {"most": MOST_FRAMES}
_SOON_AGAIN: Final = "private, max-age=30"
"""Of a sheet with a hole in it: a file may be restored."""
_ANY: Final = {"away": "The archive can't be read: try again later", "parameter": "A parameter can't be used"}


def _frame_ids(value: str) -> str:
    names = value.split(",")
    if len(names) > MOST_FRAMES or not all(_ID.fullmatch(name) and int(name) <= MAX_ID for name in names):
        raise PydanticCustomError("no_ids", "Input should be {most} ids of frames or fewer, with commas between", _MOST)
    return value


OneCamera = Annotated[str, Query(pattern=KEY_PATTERN, max_length=63, description="a camera's key")]
FrameIds = Annotated[
    str,
    AfterValidator(_frame_ids),
    Query(max_length=MOST_FRAMES * 11, description=f"1 to {MOST_FRAMES} ids, such as 17,18,21"),
]
Most = Annotated[int, Query(ge=1, le=MOST_INDEXED, description="the newest so many")]
CellWidth = Annotated[int, Query(ge=NARROWEST, le=THUMBNAIL_WIDTH, description="how wide each small picture is")]


class IndexAnswer(BaseModel):
    """A camera's frames, oldest first, in columns of the same length. `id` and `captured_at` begin with a number, after
    which each is told by how much more it is than the one before: so ten thousand frames take some 200 kB.
    """

    camera: str
    frames: int = Field(description="how many")
    id: list[int] = Field(description="the first one's; then differences")
    captured_at: list[int] = Field(description="milliseconds since 1970 in UTC; then differences")
    brightness: list[int | None] = Field(description="mean luma from 0 (black) to 255; null until it has been measured")
    bytes: list[int] = Field(description="size of the WebP file")
    manual: list[int] = Field(description="the places, from 0, of the frames that somebody captured by hand")
    next_cursor: str | None = Field(description="give it as `cursor` for the frames before these; null with the oldest")


def scrub_router(index: FrameIndex, sprites: Sprites) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get("/index", summary="All frames of a camera, in columns", responses=troubles(**_ANY))
    def frame_index(
        camera: OneCamera, stretch: Range, cursor: CursorParameter = None, limit: Most = 20_000
    ) -> IndexAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        columns, following = index.columns(FrameQuery(camera, *stretch, after=after, limit=limit))
        return IndexAnswer(
            camera=camera,
            frames=len(columns.ids),
            id=_differences(columns.ids),
            captured_at=_differences(columns.captured_ms),
            brightness=columns.brightness,
            bytes=columns.byte_counts,
            manual=columns.manual,
            next_cursor=following.encode() if following else None,
        )

    @router.get(
        "/sprites",
        summary="Small copies of many frames, in one picture",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "Ten cells in a row, in the order of the ids"},
            304: {"description": "The ETag in If-None-Match is the sheet's"},
            **troubles(**_ANY, unknown="There is none of these frames"),
        },
    )
    def sheet(ids: FrameIds, width: CellWidth = USUAL_WIDTH, if_none_match: IfNoneMatch = None) -> Response:
        frames = sprites.frames([int(name) for name in ids.split(",")])
        if all(frame is None for frame in frames):
            raise HTTPException(404, f"There is none of these frames: {PREFIX}/index lists those there are.")
        headers = {"ETag": f'"{tag_of(frames, width)}"', "Cache-Control": FOR_EVER}
        if if_none_match is not None and matches(if_none_match, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        made = sprites.sheet(frames, width)
        if not made.is_whole:
            headers["Cache-Control"] = _SOON_AGAIN
        return Response(made.jpeg, media_type="image/jpeg", headers=headers)

    return router


def _differences(values: Iterable[int]) -> list[int]:
    values = list(values)
    return values[:1] + [after - before for before, after in pairwise(values)]
