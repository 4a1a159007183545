"""The archive over HTTP: the pictures themselves, one by one and as zip files."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import StreamingResponse

from services.archiver.api.frames.zip_stream import MOST_FRAMES, zip_name, zipped
from services.archiver.api.parameters import FrameId, IfNoneMatch, Selection
from services.archiver.api.schemas import PREFIX, FrameAnswer, troubles
from services.archiver.base.errors import PictureRefusedError
from services.archiver.db.frames import Catalog
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import DamagedFrameError, FrameFiles
from shared.logs import get_logger

FOR_EVER: Final = "private, max-age=31536000, immutable"
"""A picture never changes; and it is nobody's business but the viewer's, so no proxy keeps it."""
_ANY: Final = {"away": "The database is away: try again later", "parameter": "A parameter can't be used"}
_PICTURE: Final = {"unknown": "No such frame", "gone": "Its file is gone", "damaged": "Its file is damaged"}
log = get_logger(__name__)


def pictures_router(catalog: Catalog, shelf: FrameFiles) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/zip",
        summary="Download frames as a zip file",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"application/zip": {}}, "description": "The files, named as on the disk"},
            **troubles(**_ANY, unknown="There are no such frames"),
        },
    )
    def download(selection: Selection) -> StreamingResponse:
        query = replace(selection, oldest_first=True)
        count = catalog.count(query)
        if not count:
            raise HTTPException(404, "There are no such frames: /api/camera/frames/days tells of which days there are.")
        if count > MOST_FRAMES:
            raise HTTPException(
                422, f"That is {count} frames, more than {MOST_FRAMES} for one zip file: narrow 'from' and 'to'."
            )
        disposition = f'attachment; filename="{zip_name(catalog, query)}"'
        return StreamingResponse(
            zipped(catalog, shelf, query), media_type="application/zip", headers={"Content-Disposition": disposition}
        )

    @router.get("/{frame_id}", summary="One archived frame", responses=troubles(**_ANY, unknown="No such frame"))
    def one_frame(frame_id: FrameId) -> FrameAnswer:
        return FrameAnswer.of(row_of(catalog, frame_id))

    @router.get(
        "/{frame_id}/image",
        summary="The picture of an archived frame",
        response_class=Response,
        responses={
            200: {"content": {"image/webp": {}}, "description": "The WebP file"},
            304: {"description": "The ETag in If-None-Match is the picture's"},
            **troubles(**_ANY, **_PICTURE),
        },
    )
    def frame_image(frame_id: FrameId, if_none_match: IfNoneMatch = None) -> Response:
        row = row_of(catalog, frame_id)
        return _picture(row, row.sha256, if_none_match, shelf.image)

    @router.get(
        "/{frame_id}/thumbnail",
        summary="A small copy of an archived frame's picture",
        response_class=Response,
        responses={
            200: {"content": {"image/webp": {}}, "description": "A WebP picture, 320 pixels wide at the most"},
            304: {"description": "The ETag in If-None-Match is the thumbnail's"},
            **troubles(**_ANY, **_PICTURE),
        },
    )
    def frame_thumbnail(frame_id: FrameId, if_none_match: IfNoneMatch = None) -> Response:
        row = row_of(catalog, frame_id)
        return _picture(row, f"{row.sha256}-thumbnail", if_none_match, shelf.thumbnail)

    return router


def row_of(catalog: Catalog, frame_id: int) -> ArchivedFrame:
    row = catalog.get(frame_id)
    if row is None:
        raise HTTPException(404, f"There is no archived frame {frame_id}: {PREFIX} lists those there are.")
    return row


def _picture(
    row: ArchivedFrame, tag: str, if_none_match: str | None, read: Callable[[ArchivedFrame], bytes]
) -> Response:
    headers = {"ETag": f'"{tag}"', "Cache-Control": FOR_EVER}
    if if_none_match is not None and matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        content = read(row)
    except FileNotFoundError:
        raise HTTPException(
            410, f"The picture of frame {row.id} is gone from the archive: restore the file {row.path}."
        ) from None
    except (DamagedFrameError, PictureRefusedError):
        log.warning("a frame's file is damaged", id=row.id, path=row.path)
        raise HTTPException(
            500, f"The picture of frame {row.id} is damaged: restore the file {row.path} from a backup."
        ) from None
    return Response(content, media_type="image/webp", headers=headers)


def matches(if_none_match: str, etag: str) -> bool:
    """Whether the header names this ETag."""
    given = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in given or etag in given
