"""The size of a JPEG stream's pictures, where the camera's description (SDP) says it. Pure."""

import re
from collections.abc import Mapping
from typing import Final

_DIMENSIONS: Final = re.compile(r"\s*(\d{1,5})\s*[,x-]\s*(\d{1,5})\s*", re.ASCII)
_FRAME_SIZE: Final = re.compile(r"\s*\d{1,3}\s+(\d{1,5})\s*[,x-]\s*(\d{1,5})\s*", re.ASCII)
"""After the payload type (3GPP TS 26.234, 5.3.3.2)."""


def announced_size(attributes: Mapping[str, str]) -> tuple[int, int]:
    """Width and height in pixels; (0, 0) if they are not told. `attributes` are a stream's, with the format's
    parameters, where GStreamer has them.
    """
    for name, form in (("x-dimensions", _DIMENSIONS), ("framesize", _FRAME_SIZE)):
        if found := form.fullmatch(attributes.get(name, "")):
            return int(found[1]), int(found[2])
    return 0, 0
