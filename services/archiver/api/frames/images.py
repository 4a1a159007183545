"""`GET /api/camera/frames/{id}`, `/{id}/image` and `/{id}/thumbnail`: one frame, its WebP and its small copy."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response

from services.archiver.api.caching import matches
from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.address_versions import Version, caching_of
from services.archiver.api.frames.parameters import FrameId, IfNoneMatch
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE, FrameAnswer
from services.archiver.api.turns import Turns, in_turn, quick_turns
from services.archiver.base import texts
from services.archiver.base.errors import DamagedFrameError, OutOfMemoryError, PictureRefusedError
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from shared.logs import get_logger
from shared.web.access.roles import requester_of

_UNKNOWN: Final = error_responses(**REFUSAL_IN_LINE, unknown="No such frame")
_IMAGE: Final = _UNKNOWN | error_responses(gone="Its file is gone", damaged="Its file is damaged")
log = get_logger(__name__)


def images_router(
    frame_rows: FrameRows, frame_files: FrameFiles, look_ups: Turns | None = None, pictures: Turns | None = None
) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block."""
    look_up, picture = [in_turn(look_ups or quick_turns())], [in_turn(pictures or quick_turns())]
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get("/{frame_id}", dependencies=look_up, summary="One archived frame", responses=_UNKNOWN)
    def one_frame(request: Request, frame_id: FrameId) -> FrameAnswer:
        return FrameAnswer.of(_shown_row(frame_rows, frame_id, request))

    @router.get(
        "/{frame_id}/image",
        dependencies=picture,
        summary="The picture of an archived frame",
        response_class=Response,
        responses=_webp("The WebP file", "picture"),
    )
    def frame_image(
        request: Request, frame_id: FrameId, v: Version = None, if_none_match: IfNoneMatch = None
    ) -> Response:
        row = _shown_row(frame_rows, frame_id, request)
        headers = {"ETag": f'"{row.sha256}"', "Cache-Control": caching_of(row, v)}
        return _picture(row, headers, if_none_match, frame_files.image)

    @router.get(
        "/{frame_id}/thumbnail",
        dependencies=picture,
        summary="A small copy of an archived frame's picture",
        response_class=Response,
        responses=_webp("A WebP picture, 320 pixels wide at the most", "thumbnail"),
    )
    def frame_thumbnail(
        request: Request, frame_id: FrameId, v: Version = None, if_none_match: IfNoneMatch = None
    ) -> Response:
        row = _shown_row(frame_rows, frame_id, request)
        headers = {"ETag": f'"{row.sha256}-thumbnail"', "Cache-Control": caching_of(row, v)}
        return _picture(row, headers, if_none_match, frame_files.thumbnail)

    return router


def _shown_row(frame_rows: FrameRows, frame_id: int, request: Request) -> ArchivedFrame:
    """The frame's row, or 404 in words; also where the requester's token is for other cameras."""
    row = row_of(frame_rows, frame_id)
    requester = requester_of(request.scope)
    if not requester.has_link and not requester.may_see(row.camera_key):  # a link names the frame
        raise HTTPException(404, texts.no_such_frame(frame_id))
    return row


def row_of(frame_rows: FrameRows, frame_id: int) -> ArchivedFrame:
    """The frame's row, or 404 in words."""
    row = frame_rows.get(frame_id)
    if row is None:
        raise HTTPException(404, texts.no_such_frame(frame_id))
    return row


def _webp(description: str, what: str) -> dict[int | str, dict[str, Any]]:
    return _IMAGE | {
        200: {"content": {"image/webp": {}}, "description": description},
        304: {"description": f"The ETag in If-None-Match is the {what}'s"},
    }


def _picture(
    row: ArchivedFrame, headers: dict[str, str], if_none_match: str | None, read: Callable[[ArchivedFrame], bytes]
) -> Response:
    if matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        content = read(row)
    except FileNotFoundError:
        raise HTTPException(410, texts.image_gone(row.id, row.path)) from None
    except OutOfMemoryError:
        raise HTTPException(503, texts.NO_MEMORY_NOW, {"Retry-After": "5"}) from None
    except (DamagedFrameError, PictureRefusedError):
        log.warning("a frame's file is damaged", id=row.id, path=row.path)
        raise HTTPException(500, texts.image_damaged(row.id, row.path)) from None
    return Response(content, media_type="image/webp", headers=headers)
