"""The size of a JPEG stream's pictures, where the camera's description (SDP) says it. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

_PAIR: Final = re.compile(r"\s*(\d{1,5})\s*[,x-]\s*(\d{1,5})\s*", re.ASCII)


def announced_size(attributes: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height in pixels, from the attributes of one stream; (0, 0) if they have no size.

    GStreamer has `x-dimensions` among the format's parameters, others as an attribute of its own.
    """
    parameters = attributes.get("fmtp") or {}
    for text in (attributes.get("x-dimensions"), parameters.get("x-dimensions")):
        if isinstance(text, str) and (found := _PAIR.fullmatch(text)):
            return int(found[1]), int(found[2])
    size = attributes.get("framesize")
    if isinstance(size, Mapping):
        return int(size.get("width", 0)), int(size.get("height", 0))
    return 0, 0
