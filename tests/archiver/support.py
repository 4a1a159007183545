"""What the archiver's tests share: pictures and rows."""

import io
from datetime import UTC, datetime
from typing import Final

from PIL import Image

from services.archiver.models import ArchivedFrame
from services.archiver.pictures import Label, encode_webp
from shared.frames import JPEG_END

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


def webp_of(picture: Image.Image | None = None, *, at: datetime = AT, interval_seconds: int = 3600) -> bytes:
    return encode_webp(picture or noise(), Label("camera_1", at, interval_seconds))


def row(camera_key: str = "camera_1", slot_start: int = SLOT_START, captured_at: datetime = AT) -> ArchivedFrame:
    return ArchivedFrame(
        camera_key=camera_key,
        slot_start=slot_start,
        interval_seconds=3600,
        captured_at=captured_at,
        path=f"{camera_key}/{slot_start}.webp",
        width=64,
        height=48,
        bytes=1000,
        sha256="0" * 64,
        created_at=AT,
    )
