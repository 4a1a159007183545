"""Pictures to JPEG. Pure but for OpenCV."""

import cv2

from services.ingest.sources import Picture


def encode_jpeg(picture: Picture, quality: int) -> bytes:
    """`picture` as a baseline JPEG without metadata or thumbnail, at `quality` of 100."""
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return jpeg.tobytes()


def scale_to_width(picture: Picture, width: int) -> Picture:
    """`picture` at `width` pixels in its own proportions; as it is where it is no wider."""
    source_height, source_width = picture.shape[:2]
    if source_width <= width:
        return picture
    height = max(1, round(source_height * width / source_width))
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value] # loose types
