"""Pictures to JPEG. Pure but for OpenCV."""

import cv2

from services.ingest.sources import Picture


def encode_jpeg(picture: Picture, quality: int) -> bytes:
    """`picture` as a baseline JPEG without metadata or thumbnail, at `quality` of 100."""
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return jpeg.tobytes()
