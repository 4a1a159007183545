"""The cost of archiving a frame: time and size of a WebP of real footage, at the default quality, by method."""

import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import cv2

from services.archiver.files.image_features import features_of, thumbnail_of
from services.archiver.files.webp import Label, WebpOptions, decode_jpeg, encode_webp

SIZES: Final = ((1280, 720), (1920, 1080))
FRAMES: Final = 30
CAPTURE_QUALITY: Final = 95


def webp_costs(footage: Path) -> list[dict[str, object]]:
    pictures = _frames(footage)
    return [_cost(pictures, size, method) for size in SIZES for method in (0, 4, 6)]


def _frames(footage: Path) -> list[cv2.typing.MatLike]:
    """`FRAMES` pictures, spread evenly over the footage."""
    capture = cv2.VideoCapture(str(footage))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    found = []
    for number in range(FRAMES):
        capture.set(cv2.CAP_PROP_POS_FRAMES, number * total // FRAMES)
        good, picture = capture.read()
        assert good, f"{footage} can't be read"
        found.append(picture)
    return found


def _cost(pictures: list[cv2.typing.MatLike], size: tuple[int, int], method: int) -> dict[str, object]:
    label = Label("camera_1", datetime.now(UTC), 3600)
    encode_ms, other_ms, webp_bytes, jpeg_bytes, thumbnail_bytes = [], [], [], [], []
    for picture in pictures:
        scaled = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
        _, jpeg = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, CAPTURE_QUALITY])
        begun = time.perf_counter()
        decoded = decode_jpeg(jpeg.tobytes())
        decoded_at = time.perf_counter()
        webp = encode_webp(decoded, label, WebpOptions(method=method))
        encoded_at = time.perf_counter()
        features_of(decoded)
        thumbnail_bytes.append(len(thumbnail_of(decoded)))
        other_ms.append((decoded_at - begun + time.perf_counter() - encoded_at) * 1000)
        encode_ms.append((encoded_at - decoded_at) * 1000)
        webp_bytes.append(len(webp))
        jpeg_bytes.append(len(jpeg))
    return {
        "size": f"{size[0]}x{size[1]}",
        "method": method,
        "encode_ms": round(statistics.median(encode_ms)),
        "decode_and_measure_ms": round(statistics.median(other_ms)),
        "webp_bytes": round(statistics.median(webp_bytes)),
        "jpeg95_bytes": round(statistics.median(jpeg_bytes)),
        "thumbnail_bytes": round(statistics.median(thumbnail_bytes)),
    }
