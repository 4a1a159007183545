"""The JPEGs in a multipart body as it arrives. Pure.

Cameras disagree with their own header about the boundary, about lengths and about blank lines. So none of it is needed
here: a picture begins where a line begins with a JPEG's first bytes, and ends where the JPEG does. A length is believed
once it was found true, because that is cheaper than to look for the end. Everything else is passed over.
"""

from typing import Final

from services.ingest.sources.http.jpeg_end import JpegEnd

MAX_PICTURE_BYTES: Final = 16 * 1024 * 1024
MAX_LINE_BYTES: Final = 8 * 1024
_START: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"
_PADDING: Final = b"\r\n\0 "
_MAX_PADDING_BYTES: Final = 16
_LENGTH: Final = b"content-length:"
_MAX_DIGITS: Final = 12


class MultipartParser:
    """`dropped` says why the last picture was given up; None if it was whole. `found` counts the whole ones."""

    def __init__(self) -> None:
        self.dropped: str | None = None
        self.found = 0
        self._buffer = bytearray()
        self._jpeg: JpegEnd | None = None
        self._length: int | None = None
        self._trusts_lengths = False
        self._begins_body = False
        self._skipping = 0

    def feed(self, data: bytes) -> bytes | None:
        """The newest JPEG that `data` completes; None while there is none."""
        self._buffer += data
        newest = None
        while self._jpeg is not None or self._find_start():
            picture = self._take_picture()
            if picture is None and self._jpeg is not None:
                break
            if picture is not None:
                newest = picture
                self.found += 1
        return newest

    def _find_start(self) -> bool:
        """Pass over everything before a JPEG. False when none has begun yet."""
        buffer = self._buffer
        while not buffer.startswith(_START):
            if self._skipping:
                count = min(self._skipping, len(buffer))
                del buffer[:count]
                self._skipping -= count
            if len(buffer) < len(_START):
                return False
            if self._begins_body and self._skips_body():
                continue
            end = buffer.find(b"\n", 0, MAX_LINE_BYTES)
            if end < 0:
                return self._drop_long_line()
            self._read_line(bytes(buffer[:end]).strip())
            del buffer[: end + 1]
        self._jpeg, self._begins_body = JpegEnd(), False
        return True

    def _read_line(self, line: bytes) -> None:
        if not line:
            self._begins_body = True
        elif line.startswith(b"--"):
            self._length = None
        elif line.lower().startswith(_LENGTH):
            digits = line[len(_LENGTH) :].strip()
            is_number = digits.isdigit() and len(digits) <= _MAX_DIGITS
            self._length = int(digits) if is_number else None

    def _skips_body(self) -> bool:
        """Whether the body of a part that is no JPEG begins here, of a length that is told."""
        self._begins_body = False
        if self._length is None or not self._trusts_lengths or self._buffer[0] in b"\r\n":
            return False
        self._skipping, self._length = self._length, None
        return True

    def _drop_long_line(self) -> bool:
        """No line is this long: whatever it is, go on with the next JPEG in it."""
        buffer = self._buffer
        if len(buffer) >= MAX_LINE_BYTES:
            at = buffer.find(_START)
            del buffer[: at if at >= 0 else 1 - len(_START)]
            return self._find_start() if at >= 0 else False
        return False

    def _take_picture(self) -> bytes | None:
        """The JPEG at the beginning, once it is whole. If it is given up, None, and `_jpeg` is None too."""
        end = self._told_end()
        if end is None and not self._trusts_lengths:
            return self._take_by_end()
        if end is None:
            return None
        return self._taken(end)

    def _told_end(self) -> int | None:
        """Where the picture ends by its length, if lengths are believed and it has arrived."""
        if not self._trusts_lengths:
            return None
        length = self._length
        if length is None:
            self._trusts_lengths = False
        elif len(self._buffer) >= length:
            tail = bytes(self._buffer[max(0, length - _MAX_PADDING_BYTES) : length])
            if tail.rstrip(_PADDING).endswith(_END):
                return length
            self._trusts_lengths = False
        return None

    def _take_by_end(self) -> bytes | None:
        assert self._jpeg is not None  # noqa: S101 for mypy alone: the caller has made it
        try:
            end = self._jpeg.find(self._buffer)
        except ValueError as error:
            self._give_up(str(error), len(_START))
            return None
        if end is None:
            if len(self._buffer) > MAX_PICTURE_BYTES:
                self._give_up("a JPEG that is too large", len(self._buffer))
            return None
        if self._jpeg.lacks_end:
            return self._taken_without_end(end)
        self._trusts_lengths = self._length is not None and 0 <= self._length - end <= _MAX_PADDING_BYTES
        return self._taken(end)

    def _taken(self, end: int) -> bytes:
        with memoryview(self._buffer) as view:
            picture = bytes(view[:end])
        del self._buffer[:end]
        self._jpeg = self._length = self.dropped = None
        return picture

    def _taken_without_end(self, following: int) -> bytes | None:
        """Of a JPEG without end marker, what is before the boundary; `following` is where the next JPEG begins."""
        boundary = self._buffer.rfind(b"\n--", 0, following)
        if boundary < 0:
            self._give_up("a JPEG without its end", following)
            return None
        return self._taken(boundary).removesuffix(b"\r") + _END

    def _give_up(self, reason: str, count: int) -> None:
        del self._buffer[:count]
        self._jpeg = self._length = None
        self.dropped = reason
