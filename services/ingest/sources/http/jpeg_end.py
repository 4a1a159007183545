"""Where a JPEG that is still arriving ends, whatever was said of its length. Pure."""

import re
from typing import Final

_START, _SCAN, _END = 0xD8, 0xDA, 0xD9
_FILL: Final = 0xFF
_PARAMETERLESS: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In a scan's data each 0xFF is followed by a zero or is a restart marker."""


class JpegEnd:
    """Looks for the end of one JPEG in a buffer that begins with it and grows. Looks at no byte twice.

    `lacks_end` is True when another JPEG begins before the end marker; `find` then returns where.
    """

    def __init__(self) -> None:
        self.lacks_end = False
        self._position = 2
        self._is_in_scan = False

    def find(self, data: bytearray) -> int | None:
        """How many bytes it has; None while its end has not arrived.

        Raises:
            ValueError: when this is no JPEG: its segments do not follow each other.
        """
        while (marker := self._next_marker(data)) is not None:
            at = self._position
            if marker in (_START, _END):
                self.lacks_end = marker == _START
                return at if self.lacks_end else at + 2
            if marker in _PARAMETERLESS:
                self._position += 2
            elif len(data) < at + 4:
                return None
            else:
                self._position = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
                self._is_in_scan = marker == _SCAN
        return None

    def _next_marker(self, data: bytearray) -> int | None:
        """The marker at or after the position, which moves to it; None while it has not arrived."""
        if self._is_in_scan:
            found = _NEXT_MARKER.search(data, self._position)
            if found is None:
                self._position = max(self._position, len(data) - 1)
                return None
            self._position, self._is_in_scan = found.start(), False
        while data[self._position : self._position + 2] == b"\xff\xff":
            self._position += 1
        first, *following = data[self._position : self._position + 2] or (_FILL,)
        if first != _FILL:
            raise ValueError("a JPEG's segments do not follow each other")
        return following[0] if following else None
