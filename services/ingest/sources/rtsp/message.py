"""One RTSP message, an answer or a request of the camera's, read from its bytes. Pure.

Cameras break every rule of the form, and each is forgiven where the meaning is clear. What a message may
cost is limited.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.errors import FramecastError

MAX_MESSAGE_BYTES: Final = 64 * 1024
"""Head and body. The longest descriptions of real cameras have a few kilobytes."""
MAX_HEADERS: Final = 100
"""Real cameras send about ten."""
HEAD_END: Final = re.compile(rb"\n\r?\n")
"""Some cameras end lines with LF alone, or with both kinds in turn."""
_ANSWER: Final = re.compile(r"(RTSP|HTTP)/\d\.\d\s+(\d{3})(?!\d)(.*)", re.ASCII)
_REQUEST: Final = re.compile(r"([A-Z_]{1,32})\s+(\S+)\s+RTSP/\d\.\d\s*", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)


class MessageError(FramecastError):
    """Raised when bytes are no RTSP message, or exceed a limit. Where the next message begins is then unknown."""


@dataclass(frozen=True, slots=True)
class Message:
    """An answer has a `status`, a request a `method`. `headers` has names in lower case; values of a repeated header
    are joined by commas. `cseq` is -1 where it is missing or no number.
    """

    status: int | None
    reason: str
    method: str
    headers: Mapping[str, str]
    body: bytes = b""
    is_rtsp: bool = True
    """False for the answer of a web server."""

    @property
    def cseq(self) -> int:
        # Some cameras repeat it.
        return _number(self.headers.get("cseq", "").partition(",")[0], -1)

    @property
    def text(self) -> str:
        """The body as text."""
        return _text(self.body)


def body_bytes(head: bytes) -> int | None:
    """The length of the body that follows `head`; None if it is unknown: then the body ends when no more arrives.

    Raises:
        MessageError: when the head says no clear length, or too much.
    """
    headers = _headers(_text(head).split("\n")[1:])
    lengths = set(headers.get("content-length", "").split(", ")) - {""}
    if not lengths:
        return None if "sdp" in headers.get("content-type", "").lower() else 0
    length = _number(lengths.pop(), -1)
    if lengths or not 0 <= length <= MAX_MESSAGE_BYTES - len(head):
        raise MessageError("a message without a usable length")
    return length


def parse_message(data: bytes) -> Message:
    """The one message that `data` is.

    Raises:
        MessageError: when it is none.
    """
    end = HEAD_END.search(data)
    head, body = (data[: end.start()], data[end.end() :]) if end else (data, b"")
    first, *lines = _text(head).split("\n")
    headers = _headers(lines)
    if answer := _ANSWER.fullmatch(first.strip()):
        return Message(int(answer[2]), answer[3].strip(), "", headers, body, is_rtsp=answer[1] == "RTSP")
    if request := _REQUEST.fullmatch(first.strip()):
        return Message(None, "", request[1], headers, body)
    raise MessageError("neither an answer nor a request")


def _headers(lines: list[str]) -> dict[str, str]:
    """A line without a colon says nothing, and is passed over."""
    if len(lines) > MAX_HEADERS:
        raise MessageError("a message with too many headers")
    headers: dict[str, str] = {}
    name = ""
    for line in filter(str.strip, lines):
        if line[0] in " \t" and name:
            headers[name] = f"{headers[name]} {line.strip()}".strip()
            continue
        label, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            continue
        name = label.lower()
        headers[name] = ", ".join(filter(None, (headers.get(name), value)))
    return headers


def _text(data: bytes) -> str:
    """Cameras' names are in UTF-8 or in some older encoding. What matters to us is ASCII in all of them."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _number(text: str, otherwise: int) -> int:
    return int(text) if _NUMBER.fullmatch(text.strip()) else otherwise
