"""A session description (SDP, RFC 8866), as far as a receiver needs it. Pure.

Every line that can't be understood is passed over: cameras leave lines out, cut them, and put their own in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from shared.errors import FramecastError

MAX_LINES: Final = 1000
MAX_LINE_LENGTH: Final = 2048
"""In characters; the parameter sets of a real camera have a few hundred."""
MAX_MEDIA: Final = 32
_LINE: Final = re.compile(r"\s*([a-z])\s*=\s*(.*?)\s*", re.ASCII)
_FORMAT: Final = re.compile(r"(\d{1,3})\s*(.*)", re.ASCII)
_MEDIA_WORDS: Final = 3  # before the payload types: kind, port, protocol
_HIGHEST_TYPE: Final = 127


class DescriptionError(FramecastError):
    """Raised when a description is longer than any camera's."""


@dataclass(slots=True)
class Media:
    """One stream. `encodings` and `parameters` are by payload type; an encoding is in upper case, such as `H264`."""

    kind: str = ""
    payload_types: list[int] = field(default_factory=list)
    """In the camera's order of preference."""
    control: str = ""
    encodings: dict[int, str] = field(default_factory=dict)
    parameters: dict[int, dict[str, str]] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    """The others, as they are written, by their names in lower case."""


@dataclass(frozen=True, slots=True)
class Description:
    """`control` is the URL of all streams together; empty if there is none."""

    control: str
    medias: tuple[Media, ...]


def parse_description(text: str) -> Description:
    """
    Raises:
        DescriptionError: when it is too long.
    """
    session, medias = Media(), list[Media]()
    for name, value in _lines(text):
        if name == "m":
            medias.append(_media(value))
            if len(medias) > MAX_MEDIA:
                raise DescriptionError("too many media")
        elif name == "a":
            _take_attribute(medias[-1] if medias else session, value)
    return Description(session.control, tuple(medias))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    lines = text.lstrip("\ufeff").splitlines()
    if len(lines) > MAX_LINES:
        raise DescriptionError("too many lines")
    for line in lines:
        # The camera may do without a line that is too long.
        if len(line) <= MAX_LINE_LENGTH and (match := _LINE.fullmatch(line)):
            yield match[1], match[2]


def _media(value: str) -> Media:
    words = value.split()
    types = [
        int(word) for word in words[_MEDIA_WORDS:] if word.isascii() and word.isdigit() and len(word) <= _MEDIA_WORDS
    ]
    return Media(words[0].lower() if words else "", [one for one in types if one <= _HIGHEST_TYPE])


def _take_attribute(media: Media, attribute: str) -> None:
    name, _, value = (part.strip() for part in attribute.partition(":"))
    name = name.lower()
    match = _FORMAT.fullmatch(value)
    if name == "control":
        media.control = value
    elif name == "rtpmap" and match:
        media.encodings[int(match[1])] = match[2].partition("/")[0].strip().upper()
    elif name == "fmtp" and match:
        pairs = (pair.partition("=") for pair in match[2].split(";"))
        media.parameters[int(match[1])] = {key.strip().lower(): text.strip() for key, _, text in pairs}
    else:
        media.attributes[name] = value
