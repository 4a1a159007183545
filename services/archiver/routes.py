"""The archive over HTTP, under `/api/camera/frames`. Owns the answers' form; reads through catalog and storage."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Header, HTTPException, Path, Query, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from pydantic_core import PydanticCustomError

from services.archiver.catalog import Catalog, Cursor, FrameQuery
from services.archiver.instants import from_seconds
from services.archiver.models import ArchivedFrame
from services.archiver.storage import FrameStore
from shared.topics import KEY_PATTERN

PREFIX: Final = "/api/camera/frames"
FOR_EVER: Final = "private, max-age=31536000, immutable"
"""A picture never changes; and it is nobody's business but the viewer's, so no proxy keeps it."""


class FrameAnswer(BaseModel):
    """One archived frame. Times are UTC."""

    id: int
    camera: str
    slot_start: datetime = Field(description="when the slot begins that the frame belongs to")
    interval_seconds: int = Field(description="how long the slot is")
    captured_at: datetime = Field(description="when the picture was taken")
    width: int
    height: int
    bytes: int = Field(description="size of the WebP file")
    sha256: str = Field(description="of the WebP file; also its ETag")
    image_url: str = Field(description="where the WebP file is, relative to this server")

    @classmethod
    def of(cls, frame: ArchivedFrame) -> Self:
        return cls(
            id=frame.id or 0,
            camera=frame.camera_key,
            slot_start=from_seconds(frame.slot_start),
            interval_seconds=frame.interval_seconds,
            captured_at=frame.captured_at,
            width=frame.width,
            height=frame.height,
            bytes=frame.bytes,
            sha256=frame.sha256,
            image_url=f"{PREFIX}/{frame.id}/image",
        )


class FramesAnswer(BaseModel):
    """A page of frames, newest first."""

    frames: list[FrameAnswer]
    next_cursor: str | None = Field(description="give it as `cursor` for the next page; null on the last one")


class Trouble(BaseModel):
    """What went wrong, and what to do."""

    detail: str


def _in_range(value: datetime) -> datetime:
    try:
        return value.astimezone(from_seconds(0).tzinfo)
    except OverflowError:
        raise PydanticCustomError(
            "out_of_range", "Input should be a time between the years 1 and 9999 in UTC"
        ) from None


def _cursor(value: str) -> str:
    try:
        Cursor.decode(value)
    except ValueError:
        raise PydanticCustomError("no_cursor", "Input should be a `next_cursor` of an earlier answer") from None
    return value


_SOME_CAMERA: Final = Query(pattern=KEY_PATTERN, max_length=63, description="a camera's key; all cameras without it")
CameraParameter = Annotated[str | None, _SOME_CAMERA]
Instant = Annotated[AwareDatetime, AfterValidator(_in_range)]
Since = Annotated[Instant | None, Query(alias="from", description="captured at this time or later, with its offset")]
Until = Annotated[Instant | None, Query(alias="to", description="captured before this time, with its offset")]
CursorParameter = Annotated[str | None, AfterValidator(lambda v: v if v is None else _cursor(v)), Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500, description="at most so many frames")]
FrameId = Annotated[int, Path(description="a frame's `id`")]
IfNoneMatch = Annotated[str | None, Header()]


def _troubles(**words: str) -> dict[int | str, dict[str, Any]]:
    known = {"database": 503, "parameter": 422, "unknown": 404, "gone": 410, "damaged": 500}
    return {known[name]: {"model": Trouble, "description": text} for name, text in words.items()}


_ANY: Final = {"database": "The database is away: try again later", "parameter": "A parameter can't be used"}


def frames_router(catalog: Catalog, store: FrameStore) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get("", summary="List the archived frames, newest first", responses=_troubles(**_ANY))
    def list_frames(
        camera: CameraParameter = None,
        since: Since = None,
        until: Until = None,
        cursor: CursorParameter = None,
        limit: Limit = 50,
    ) -> FramesAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        rows, following = catalog.page(FrameQuery(camera, since, until, after, limit))
        return FramesAnswer(
            frames=[FrameAnswer.of(row) for row in rows], next_cursor=following.encode() if following else None
        )

    @router.get(
        "/latest",
        summary="The newest archived frame",
        responses=_troubles(**_ANY, unknown="Nothing is archived yet"),
    )
    def latest_frame(camera: CameraParameter = None) -> FrameAnswer:
        row = catalog.latest(camera)
        if row is None:
            whose = "" if camera is None else f" of the camera '{camera}'"
            raise HTTPException(404, f"No frame{whose} is archived yet: /api/devices lists the cameras.")
        return FrameAnswer.of(row)

    @router.get("/{frame_id}", summary="One archived frame", responses=_troubles(**_ANY, unknown="No such frame"))
    def one_frame(frame_id: FrameId) -> FrameAnswer:
        return FrameAnswer.of(_row(catalog, frame_id))

    @router.get(
        "/{frame_id}/image",
        summary="The picture of an archived frame",
        response_class=Response,
        responses={
            200: {"content": {"image/webp": {}}, "description": "The WebP file"},
            304: {"description": "The ETag in If-None-Match is the picture's"},
            **_troubles(**_ANY, unknown="No such frame", gone="Its file is gone", damaged="Its file is damaged"),
        },
    )
    def frame_image(frame_id: FrameId, if_none_match: IfNoneMatch = None) -> Response:
        row = _row(catalog, frame_id)
        headers = {"ETag": f'"{row.sha256}"', "Cache-Control": FOR_EVER}
        if if_none_match is not None and _matches(if_none_match, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(_whole_file(store, row), media_type="image/webp", headers=headers)

    return router


def _row(catalog: Catalog, frame_id: int) -> ArchivedFrame:
    row = catalog.get(frame_id)
    if row is None:
        raise HTTPException(404, f"There is no archived frame {frame_id}: {PREFIX} lists those there are.")
    return row


def _whole_file(store: FrameStore, row: ArchivedFrame) -> bytes:
    try:
        content = store.read(row.path)
    except FileNotFoundError:
        raise HTTPException(
            410, f"The picture of frame {row.id} is gone from the archive directory: restore the file {row.path}."
        ) from None
    if len(content) != row.bytes or hashlib.sha256(content).hexdigest() != row.sha256:
        raise HTTPException(
            500, f"The picture of frame {row.id} is damaged: restore the file {row.path} from a backup."
        )
    return content


def _matches(if_none_match: str, etag: str) -> bool:
    given = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in given or etag in given
