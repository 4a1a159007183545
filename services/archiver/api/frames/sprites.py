"""`GET /api/camera/frames/sprites`: the small copies of many frames in one picture."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from services.archiver.api.caching import FOR_EVER, REVALIDATED, matches
from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.address_versions import Version, sheet_version
from services.archiver.api.frames.parameters import IfNoneMatch
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE
from services.archiver.api.frames.sprite_sheets import MOST_FRAMES, USUAL_WIDTH, SpriteSheets, tag_of
from services.archiver.api.turns import Client, in_turn
from services.archiver.base import texts
from services.archiver.db.frame_query import MAX_ID
from services.archiver.files.image_features import THUMBNAIL_WIDTH

NARROWEST: Final = 64
_ID: Final = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_MOST: Final = {"most": MOST_FRAMES}
_FOR_SECONDS: Final = "private, max-age=30"
"""For a sheet with an empty cell, since the file may be restored."""


def _frame_ids(value: str) -> str:
    names = value.split(",")
    if len(names) > MOST_FRAMES or not all(_ID.fullmatch(name) and int(name) <= MAX_ID for name in names):
        raise PydanticCustomError(
            "no_ids", "Input should be {most} ids of pictures or fewer, with commas between", _MOST
        )
    return value


FrameIds = Annotated[
    str,
    AfterValidator(_frame_ids),
    Query(max_length=MOST_FRAMES * 11, description=f"1 to {MOST_FRAMES} ids, such as 17,18,21"),
]
CellWidth = Annotated[int, Query(ge=NARROWEST, le=THUMBNAIL_WIDTH, description="how wide each small picture is")]


def sprites_router(sheets: SpriteSheets) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/sprites",
        summary="Small copies of many frames, in one picture",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "Ten cells in a row, in the order of the ids"},
            304: {"description": "The ETag in If-None-Match is the sheet's"},
            **error_responses(**REFUSAL_IN_LINE, unknown="There is none of these frames"),
        },
    )
    def sheet(
        client: Annotated[Client, in_turn()],
        ids: FrameIds,
        width: CellWidth = USUAL_WIDTH,
        v: Version = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        frames = sheets.frames([int(name) for name in ids.split(",")])
        if all(frame is None for frame in frames):
            raise HTTPException(404, texts.NO_SUCH_FRAMES)
        caching = FOR_EVER if v == sheet_version(frames) else REVALIDATED
        headers = {"ETag": f'"{tag_of(frames, width)}"', "Cache-Control": caching}
        if matches(if_none_match, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        made = sheets.sheet(frames, width, client.check)
        if not made.is_whole:
            headers["Cache-Control"] = _FOR_SECONDS
        return Response(made.jpeg, media_type="image/jpeg", headers=headers)

    return router
