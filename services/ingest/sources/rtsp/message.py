"""One RTSP message, an answer or a request of the camera's, read from its bytes. Pure.

aiortsp's parser believes whatever a camera says: lengths of gigabytes, headers without end. This one has limits.
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
_ANSWER: Final = re.compile(r"RTSP/1\.\d (\d{3})(?: (.*))?", re.ASCII)
_REQUEST: Final = re.compile(r"([A-Z_]{1,32}) (\S+) RTSP/1\.\d", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)


class MessageError(FramecastError):
    """Raised when bytes are no RTSP message, or exceed a limit. Close the connection: the next one can't be found."""


@dataclass(frozen=True, slots=True)
class Message:
    """An answer has a `status`, a request a `method`. `headers` has names in lower case; values of a repeated header
    are joined by commas. `cseq` is -1 where it is missing or no number.

    The names of the members are those that aiortsp reads.
    """

    status: int | None
    status_msg: str
    method: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def cseq(self) -> int:
        # Some cameras repeat it.
        return _number(self.headers.get("cseq", "").partition(",")[0], -1)

    @property
    def content(self) -> str:
        """The body as text.

        Raises:
            UnicodeDecodeError: when it is not in UTF-8.
        """
        return self.body.decode()


def body_bytes(head: bytes) -> int:
    """The length of the body that follows `head`.

    Raises:
        MessageError: when the head says no clear length, or too much.
    """
    lengths = set(_headers(head.decode("latin-1").split("\r\n")[1:]).get("content-length", "0").split(", "))
    length = _number(lengths.pop(), -1)
    if lengths or not 0 <= length <= MAX_MESSAGE_BYTES - len(head):
        raise MessageError("a message without a usable length")
    return length


def parse_message(data: bytes) -> Message:
    """The one message that `data` is.

    Raises:
        MessageError: when it is none.
    """
    head, _, body = data.partition(b"\r\n\r\n")
    try:
        first, *lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        raise MessageError("a message's head is not in UTF-8") from None
    headers = _headers(lines)
    if answer := _ANSWER.fullmatch(first):
        return Message(int(answer[1]), (answer[2] or "").strip(), "", headers, body)
    if request := _REQUEST.fullmatch(first):
        return Message(None, "", request[1], headers, body)
    raise MessageError("neither an answer nor a request")


def _headers(lines: list[str]) -> dict[str, str]:
    if len(lines) > MAX_HEADERS:
        raise MessageError("a message with too many headers")
    headers: dict[str, str] = {}
    name = ""
    for line in filter(str.strip, lines):
        if line[0] in " \t" and name:
            headers[name] += f" {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon:
            raise MessageError("a header without a colon")
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return headers


def _number(text: str, otherwise: int) -> int:
    return int(text) if _NUMBER.fullmatch(text.strip()) else otherwise
