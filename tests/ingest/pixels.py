"""What a JPEG shows, as a browser would decode it."""

import cv2
import numpy as np
from numpy.typing import NDArray


def pixels_of(jpeg: bytes) -> NDArray[np.uint8]:
    """Height x width x 3, blue first."""
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)
