"""What the archiver's tests share: pictures and rows."""

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TypeVar

from PIL import Image
from starlette.testclient import TestClient

from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import path_of
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import Label, WebpOptions, encode_webp
from shared.bus.frames import JPEG_END

ResultT = TypeVar("ResultT")
MONTH_SECONDS: Final = 30 * 24 * 3600
AT: Final = datetime(2026, 11, 22, 14, 0, 1, 234567, tzinfo=UTC)
SLOT_START: Final = int(datetime(2026, 11, 22, 14, tzinfo=UTC).timestamp())


def noise(width: int = 64, height: int = 48) -> Image.Image:
    return Image.effect_noise((width, height), 60).convert("RGB")


def jpeg_of(picture: Image.Image | None = None, *, progressive: bool = False) -> bytes:
    file = io.BytesIO()
    (picture or noise()).save(file, "JPEG", quality=80, progressive=progressive)
    return file.getvalue()


def cut_short(jpeg: bytes) -> bytes:
    """Half of it, with an end marker, so that it passes on the bus."""
    return jpeg[: len(jpeg) // 2] + JPEG_END


def webp_of(picture: Image.Image | None = None, *, at: datetime = AT, interval_seconds: int | None = 3600) -> bytes:
    return encode_webp(picture or noise(), Label("camera_1", at, interval_seconds), WebpOptions())


def has_begun(client: TestClient, store: FrameStore) -> bool:
    """Whether the archiver behind the client has its database, and knows that this is its disk: then frames can be
    stored.
    """
    knows_disk = not isinstance(store, LocalStore) or store.marker.archive_id is not None
    return knows_disk and client.get("/api/camera/frames").status_code == 200


def again_while_locked(work: Callable[[], ResultT]) -> ResultT:
    """As the row_writer does: a transaction waits no more than a second for another's."""
    for _ in range(20):
        with suppress(DatabaseUnavailableError):
            return work()
    raise AssertionError("the database stayed locked")


def row(
    camera_key: str = "camera_1", slot_start: int = SLOT_START, captured_at: datetime = AT, brightness: float = 100
) -> ArchivedFrame:
    return ArchivedFrame(
        camera_key=camera_key,
        slot_start=slot_start,
        interval_seconds=3600,
        captured_at=captured_at,
        path=path_of(camera_key, slot_start),
        width=64,
        height=48,
        bytes=1000,
        sha256="0" * 64,
        thumbnail_bytes=100,
        brightness=brightness,
        perceptual_hash="0123456789abcdef",
        created_at=AT,
    )
