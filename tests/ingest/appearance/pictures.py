"""One picture in each form that a source gives."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from services.ingest.decoding.colours import JPEG
from services.ingest.decoding.pictures import BgrPicture, JpegPicture, Picture, YuvPicture
from tests.ingest.pixels import pixels_of

FORMS = ("bgr", "yuv", "yuv-full-range", "jpeg")
Pixels = NDArray[np.uint8]


def picture(form: str, pixels: Pixels) -> Picture:
    """`pixels` (height x width x 3, blue first; even sides for the planar forms) as a picture of that form."""
    if form == "bgr":
        return BgrPicture(pixels.copy())
    if form == "jpeg":
        _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
        return JpegPicture.checked(jpeg.tobytes())
    height, width = pixels.shape[:2]
    planes = cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    y, u, v = np.split(planes, [height * width, height * width * 5 // 4])
    return YuvPicture(
        np.asarray(y.reshape(height, width), np.uint8),
        np.asarray(u.reshape(height // 2, width // 2), np.uint8),
        np.asarray(v.reshape(height // 2, width // 2), np.uint8),
        colours=replace(JPEG, is_full_range=form == "yuv-full-range"),
    )


def shown(picture: Picture) -> Pixels:
    """What a viewer sees: height x width x 3, blue first."""
    return pixels_of(picture.to_jpeg(95))


def plain(width: int, height: int, bgr: tuple[int, int, int]) -> Pixels:
    """A picture of one colour."""
    return np.full((height, width, 3), bgr, np.uint8)
