"""The address within a text that was copied from elsewhere: quoted, with a label, or as part of a command."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from services.ingest.camera_address import errors
from services.ingest.camera_address.errors import CameraAddressError
from shared.url_masking import login_in_path

_QUOTES: Final = (
    "\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}"
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    "\N{DOUBLE PRIME}\N{FULLWIDTH QUOTATION MARK}\N{LEFT CORNER BRACKET}\N{RIGHT CORNER BRACKET}"
)
_START: Final = re.compile(r"(?<![a-z0-9+.-])(?:rtsp[stx]?|https?)(?:[:;]{1,2}[\\/]+|//)", re.IGNORECASE)
_KEYS: Final = re.compile(rf"(?:[-*]\s+|[{_QUOTES}]?\$?[\w-]+[{_QUOTES}]?\s*[:=]\s*)*[{_QUOTES}<]?")
_WORDS: Final = re.compile(rf"(?:\$?[\w-]+(?:\s*:\s+|\s*=\s*|\s+)){{1,6}}[{_QUOTES}<]?")
"""Two labels: of a file, over several lines, and of a person. A login that stands before the address is neither."""
_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "<": ">", '"': '"', "'": "'"}
"""What ends an address, by what stands before it. For any other quote it is any quote."""
_TYPE: Final = re.compile(r"(?:^|\s)([a-z0-9]+):[\"']?$")
"""go2rtc names the reader right before an address. A label has a space behind its colon."""
OTHER_TYPES: Final = frozenset({
    "webrtc", "onvif", "rtmp", "tcp", "udp", "hls", "hass", "homekit", "nest", "ring", "tapo", "kasa", "dvrip",
    "bubble", "isapi", "ivideon", "roborock", "gopro", "doorbird", "wyze", "xiaomi", "echo", "expr", "exec",
})  # fmt: skip
_COMMAND: Final = re.compile(
    rf"(?:^|.*\s)-i\s+[{_QUOTES}]?|(?:\S*/)?(?:ffplay|ffprobe|c?vlc|mpv|mplayer|openRTSP|curl|wget)\s(?:.*\s)?[{_QUOTES}]?"
    rf"|.*\slocation=[{_QUOTES}]?",
    re.IGNORECASE | re.DOTALL,
)
_OPTIONS: Final = re.compile(r"[:-]{1,2}[a-z]|[!#|,;&>]|\\(?:\s|$)")
_PUNCTUATION: Final = re.compile(rf"[{_QUOTES},;.|]+$")
_VALUE: Final = r"(?:\"([^\"]*)\"|'([^']*)'|(\S+))"
_LOGIN_OPTIONS: Final = {
    "user": re.compile(rf"(?:^|\s)--(?:rtsp-user|(?:http-)?user)(?:=|\s+){_VALUE}"),
    "pwd": re.compile(rf"(?:^|\s)--(?:rtsp-pwd|(?:http-)?password)(?:=|\s+){_VALUE}"),
}
"""VLC's and wget's."""
_MRL_OPTION: Final = re.compile(r"(?:^|\s):rtsp-(user|pwd)=(.*?)(?=\s+:[a-z]|$)")
"""So VLC saves it: the value may hold spaces."""
_CURL_LOGIN: Final = re.compile(r"(?:^|\s)(?:-u|--user)\s*[\"']?([^\s:\"']+):([^\s\"']*)")
_OPENRTSP_LOGIN: Final = re.compile(r"(?:^|\s)-u\s+(\S+)\s+(\S+)")


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
    lines = [line for line in re.split(r"[\r\n]+", text.strip()) if line]
    repairs: tuple[str, ...] = ()
    if len(lines) == 1 and visible != text.strip(" \t\r\n"):
        repairs = ("invisible characters are left out",)
    start = _START.search(visible)
    begin = 0 if start is None else start.start()
    before = visible[:begin]
    is_command = bool(_COMMAND.fullmatch(before))
    if (
        not is_command
        and not _is_label(before, is_one_line=len(lines) == 1)
        and not (before.endswith(tuple(_CLOSING)) and "@" not in before)
    ):
        if begin and "@" not in before:
            raise CameraAddressError(errors.SEVERAL_LINES if len(lines) > 1 else errors.OTHER_TEXT)
        begin, before = 0, ""
    address, tail = _without_tail(visible[begin:], before[-1:])
    if _START.search(tail) and not is_command:
        raise CameraAddressError(errors.TWO_ADDRESSES)
    is_enclosed = before.endswith(tuple(_CLOSING))
    if tail and not is_command and not is_enclosed and not _OPTIONS.match(tail):
        raise CameraAddressError(errors.SEVERAL_LINES if len(lines) > 1 else errors.HAS_SPACE)
    plain = _without_punctuation(address)
    if plain != visible:
        repairs += ("the text around it is left out",)
    username, password = _login_beside(before, tail) if is_command or not is_enclosed else (None, None)
    return PastedText(plain, repairs, username, password)


def _without_punctuation(address: str) -> str:
    """Without the end of a sentence or a list. A login in the path may end so."""
    unquoted = address.strip(_QUOTES)
    if login_in_path(unquoted):
        return unquoted
    shorter = _PUNCTUATION.sub("", unquoted)
    for opening, closing in ("()", "[]", "{}", "<>"):
        if shorter.endswith(closing) and opening not in shorter:
            shorter = _PUNCTUATION.sub("", shorter.rstrip(closing))
    return shorter


def _login_beside(before: str, tail: str) -> tuple[str | None, str | None]:
    """User name and password in the options of a command, or of an address that VLC saved; None where there is none."""
    for pattern, program in ((_CURL_LOGIN, "curl"), (_OPENRTSP_LOGIN, "openRTSP")):
        if program in before and (login := pattern.search(f"{before} {tail}")):
            return login[1], login[2]
    found: dict[str, str] = {}
    for text in (before, tail):
        found |= {name: value.strip() for name, value in _MRL_OPTION.findall(text)}
        for name, option in _LOGIN_OPTIONS.items():
            if (one := option.search(text)) is not None:
                found[name] = one[1] or one[2] or one[3] or ""
    return found.get("user"), found.get("pwd")


def _visible(character: str) -> str:
    """Nothing for what nobody sees, and a plain space for every kind of space."""
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cf", "Cc") else character


def _is_label(prefix: str, *, is_one_line: bool) -> bool:
    kind = _TYPE.search(prefix)
    if kind and kind[1] in OTHER_TYPES:
        raise CameraAddressError(errors.WEBRTC if kind[1] == "webrtc" else errors.OTHER_PROGRAM)
    return bool(_KEYS.fullmatch(prefix) or (is_one_line and _WORDS.fullmatch(prefix)))


def _without_tail(text: str, before: str) -> tuple[str, str]:
    """The address at the beginning of `text`, and what follows it. `before` is the character before it, if any."""
    closing = _CLOSING.get(before, _QUOTES if before and before in _QUOTES else "")
    if closing:
        follows = r"[\s,;)\]}]|/?>|$" if before in _QUOTES else r"[\s,;)\]}>]|$"
        ending = re.compile(rf"[{re.escape(closing)}](?={follows})" + (r"|,(?=\s)" if before == "[" else ""))
        if found := ending.search(text, max(text.rfind("@"), 0)) or ending.search(text):
            return text[: found.start()], text[found.end() :].strip(" ,;")
    # A space may be within the login, so the address goes on at least until the login's end.
    first_space = text.find(" ")
    login_end = text.rfind("@")
    if first_space < 0:
        return text, ""
    if login_end > first_space and "@" not in text[:first_space] and not _OPTIONS.match(text[first_space:].lstrip()):
        first_space = text.find(" ", login_end)
    return (text, "") if first_space < 0 else (text[:first_space], text[first_space:].strip())
