"""Hides logins and addresses in a recorded exchange, each byte of them by an asterisk. Pure.

No length changes, since lengths are what tells messages and packets apart. Hidden are the login, in every form in which
it may be sent, and each answer to a challenge; the addresses of the camera and of this machine, and every other address
and host in text; what URLs hold in queries, serial numbers, and contacts in descriptions. Pictures stay as they are.

The bytes of one direction are joined before anything is looked for, because a read may end amid a password.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from services.ingest.recording.recording import Event
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.secret_mask import secret_pattern
from shared.url_masking import login_in_path

MASK: Final = "*"
SHORTEST_IN_PICTURES: Final = 4
"""In characters. A shorter secret stands in any picture by accident, so it is looked for in text alone."""
_TEXT: Final = re.compile(r"[\t\r\n -~]{16,}")
_PROTOCOL: Final = (
    r"(?:RTSP|HTTP)/1\.\d(?: \d{3})?|(?i:(?:rtsps?|https?)://)|(?m:^[A-Z_]+ (?=\S+ (?:RTSP|HTTP)/))|(?m:^[A-Za-z-]+:)"
    r"|(?im:(?<=^cseq:) *\d+|(?<=^content-length:) *\d+|(?<=^public:)[A-Z_, ]+$)"
    r"|RTP/AVP(?:/TCP|/UDP)?|\b(?:unicast|multicast)\b|\b(?:interleaved|client_port|server_port|timeout)=[\d-]*"
    r"|application/sdp|multipart/x-mixed-replace|image/jpeg|boundary="
    r"|(?m:^m=(?:video|audio|application) \d+ [A-Z/]+[ \d]*)|(?m:^a=(?:(?:rtpmap|fmtp):\d+|range:|control:)|^[a-z]=)"
    r"|\bIN IP[46]\b|H26[45]/90000|sprop-[a-z-]+=|packetization-mode=|profile-level-id="
)
"""What holds the exchange together. A password may be such a word, too."""
_LOGIN_ANSWER: Final = re.compile(r"(?im)^((?:proxy-)?authorization:[ \t]*\w+[ \t]+)([^\r\n]+)")
_AUTHORITY: Final = re.compile(r"(?i)((?:rtsps?|https?|rtmps?|ftp)://)((?:[^/?#\s\"'<>]*@)?[^/?#\s\"'<>,;]+)")
_HOST: Final = re.compile(r"(?im)^(host:[ \t]*)([^\r\n]+)")
_CONTACT: Final = re.compile(r"(?m)^([ep]=)([^\r\n]+)")
_IP_ADDRESS: Final = re.compile(
    r"()((?<![\d.])(?!0\.0\.0\.0(?![\d.]))(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
    r"|(?<=IP6 )[0-9A-Fa-f:.%]+|(?<=\[)[0-9A-Fa-f:.]+(?=\]))"
)
_MAC_ADDRESS: Final = re.compile(r"()((?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f]))")
_SECRET_FIELD: Final = re.compile(
    r"(?i)((?<![a-z])(?:user|username|usr|login|password|passwd|pwd|pass|psw|token|key|auth|sess\w*|sid|sig\w*|secret)"
    r"=\"?)([^&\s\"'<>;,#/]+)"
)
_QUERY_FIELD: Final = re.compile(r"([?&][\w-]+=)([^&\s\"'<>;,#]{6,})")
_MAY_HOLD_SERIAL: Final = re.compile(r"(?<=://)\S+|(?<= )/\S+|(?<=a=control:)\S+|(?<=realm=\")[^\"]+")
_SERIAL: Final = re.compile(r"()((?<![A-Za-z0-9])(?=(?:[A-Za-z]*\d){4})[A-Za-z0-9]{8,}(?![A-Za-z0-9]))")
_LOCAL_NAME: Final = re.compile(r"(?i)()(\b[a-z0-9][\w.-]*\.(?:local|lan|home|internal|localdomain|box|arpa)\b)")
_MAIL: Final = re.compile(r"()(\b[\w.+-]+@[\w.-]+\.[a-zA-Z]{2,}\b)")
_ANYWHERE: Final = (_LOGIN_ANSWER, _AUTHORITY)
_IN_TEXT: Final = (
    _HOST, _CONTACT, _MAIL, _IP_ADDRESS, _MAC_ADDRESS, _LOCAL_NAME, _SECRET_FIELD, _QUERY_FIELD,
)  # fmt: skip


def masked_events(events: Sequence[Event], options: ConnectionOptions, addresses: Iterable[str]) -> tuple[Event, ...]:
    """`events` without the options' login and address. `addresses` are further names and numbers of the camera and of
    this machine."""
    mask = _Mask(options, {*addresses, *_hosts_in(events)})
    hidden: dict[int, bytes] = {}
    for way in {(event.connection, event.direction) for event in events}:
        places = [place for place, event in enumerate(events) if (event.connection, event.direction) == way]
        joined = mask(b"".join(events[place].data for place in places))
        for place in places:
            length = len(events[place].data)
            hidden[place], joined = joined[:length], joined[length:]
    return tuple(
        Event(event.milliseconds, event.connection, event.direction, hidden[place])
        for place, event in enumerate(events)
    )


def _hosts_in(events: Sequence[Event]) -> Iterator[str]:
    """The hosts of all URLs: the camera may name them elsewhere, too."""
    for event in events:
        for found in _AUTHORITY.finditer(event.data.decode("latin-1")):
            host = found[2].rpartition("@")[2].partition(":")[0]
            if _if_long(host):
                yield host


class _Mask:
    def __init__(self, options: ConnectionOptions, addresses: Iterable[str]) -> None:
        place = options.url.partition("://")[2].partition("/")[0]
        words = {*addresses, place, place.rpartition(":")[0].strip("[]"), login_in_path(options.url)}
        username, password = options.username, options.password
        self._long = _searched(secret_pattern(_if_long(username), _if_long(password)), filter(_if_long, words))
        login = secret_pattern(username, password)
        self._short = _searched(_as_word(login) if login else "", words)

    def __call__(self, data: bytes) -> bytes:
        text = data.decode("latin-1")
        for pattern in _ANYWHERE:
            text = pattern.sub(_second_hidden, text)
        text = self._long.sub(_kept_or_hidden, text)
        return _TEXT.sub(self._in_text, text).encode("latin-1")

    def _in_text(self, found: re.Match[str]) -> str:
        text = self._short.sub(_kept_or_hidden, found[0])
        for pattern in _IN_TEXT:
            text = pattern.sub(_second_hidden, text)
        return _MAY_HOLD_SERIAL.sub(lambda place: _SERIAL.sub(_second_hidden, place[0]), text)


def _if_long(secret: str) -> str:
    return secret if len(secret) >= SHORTEST_IN_PICTURES else ""


def _as_word(pattern: str) -> str:
    """Within a word a short name or password is an accident."""
    return f"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])"


def _searched(login: str, words: Iterable[str]) -> re.Pattern[str]:
    """Finds what is to be hidden, and before it what must stay."""
    places = (_as_word(f"(?i:{re.escape(word)})") for word in sorted(words, key=len, reverse=True) if word)
    found = [login, *places]
    return re.compile(f"(?P<keep>{_PROTOCOL})" + "".join(f"|(?:{part})" for part in found if part))


def _kept_or_hidden(found: re.Match[str]) -> str:
    return found[0] if found["keep"] is not None else MASK * len(found[0])


def _second_hidden(found: re.Match[str]) -> str:
    return found[1] + MASK * len(found[2])
