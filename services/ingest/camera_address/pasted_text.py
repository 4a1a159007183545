"""The address within a text that was copied from elsewhere: quoted, with a label, or as part of a command."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from services.ingest.camera_address import errors
from services.ingest.camera_address.errors import CameraAddressError

_QUOTES: Final = (
    "\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}"
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
)
_START: Final = re.compile(r"(?<![a-z0-9+.-])(?:rtsp[stx]?|https?)(?::[\\/]+|//)", re.IGNORECASE)
_LABEL: Final = re.compile(
    rf"(?:[-*]\s+)?(?:export\s+)?(?:(?:[{_QUOTES}]?[\w-]+[{_QUOTES}]?\s*[:=]\s*)*|[\w-]+\s+)[{_QUOTES}<]?"
)
_TYPE: Final = re.compile(r"(?:^|\s)([a-z0-9]+):[\"']?$")
"""go2rtc names the reader right before an address. A label has a space behind its colon."""
_OTHER_TYPES: Final = frozenset({
    "webrtc", "onvif", "rtmp", "tcp", "udp", "hls", "hass", "homekit", "nest", "ring", "tapo", "kasa", "dvrip",
    "bubble", "isapi", "ivideon", "roborock", "gopro", "doorbird", "wyze", "xiaomi", "echo", "expr", "exec",
})  # fmt: skip
_COMMAND: Final = re.compile(
    rf"(?:^|.*\s)-i\s+[{_QUOTES}]?|(?:\S*/)?(?:ffplay|ffprobe|c?vlc|mpv|mplayer|openRTSP)\s(?:.*\s)?[{_QUOTES}]?"
    rf"|.*\slocation=[{_QUOTES}]?",
    re.IGNORECASE | re.DOTALL,
)
_OPTIONS: Final = re.compile(r"[:-]{1,2}[a-z]|[!#|,;&>]|\\(?:\s|$)")
_VLC_LOGIN: Final = re.compile(r"(?:^|\s)(?::|--)rtsp-(user|pwd)=(\S*)")


@dataclass(frozen=True, slots=True)
class PastedText:
    """`address` is what remains. `repairs` says what was left out. `username` and `password` stood beside it."""

    address: str
    repairs: tuple[str, ...] = ()
    username: str | None = None
    password: str | None = None


def address_in(text: str) -> PastedText:
    """
    Raises:
        CameraAddressError: when there are several addresses, or words that may belong to the address.
    """
    visible = "".join(_visible(character) for character in text).strip()
    repairs: tuple[str, ...] = ("invisible characters are left out",) if visible != text.strip(" \t\r\n") else ()
    start = _START.search(visible)
    begin = 0 if start is None else start.start()
    is_command = bool(_COMMAND.fullmatch(visible[:begin]))
    if not is_command and not _is_label(visible[:begin]):
        begin = 0
    address, tail = _without_tail(visible[begin:], visible[begin - 1] if begin else "")
    unquoted = address.strip(_QUOTES)
    if _START.search(tail) and not is_command:
        raise CameraAddressError(errors.TWO_ADDRESSES)
    if tail and not is_command and not _OPTIONS.match(tail):
        raise CameraAddressError(errors.HAS_SPACE)
    if unquoted != visible:
        repairs += ("the text around it is left out",)
    login = dict(_VLC_LOGIN.findall(tail))
    return PastedText(unquoted, repairs, login.get("user"), login.get("pwd"))


def _visible(character: str) -> str:
    """Nothing for what nobody sees, and a plain space for every kind of space."""
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cf", "Cc") else character


def _is_label(prefix: str) -> bool:
    kind = _TYPE.search(prefix)
    if kind and kind[1] in _OTHER_TYPES:
        raise CameraAddressError(errors.WEBRTC if kind[1] == "webrtc" else errors.OTHER_PROGRAM)
    return bool(_LABEL.fullmatch(prefix))


def _without_tail(text: str, before: str) -> tuple[str, str]:
    """The address at the beginning of `text`, and what follows it. `before` is the character before it, if any."""
    closing = ">" if before == "<" else before if before in ("'", '"') else _QUOTES if before in tuple(_QUOTES) else ""
    if closing and (found := re.search(rf"[{closing}](?=[\s,;]|$)", text)):
        return text[: found.start()], text[found.end() :].strip(" ,;")
    # A space may be within the login, so the address goes on at least until the login's end.
    first_space = text.find(" ")
    login_end = text.rfind("@")
    if first_space < 0:
        return text, ""
    if login_end > first_space and "@" not in text[:first_space] and not _OPTIONS.match(text[first_space:].lstrip()):
        first_space = text.find(" ", login_end)
    return (text, "") if first_space < 0 else (text[:first_space], text[first_space:].strip())
