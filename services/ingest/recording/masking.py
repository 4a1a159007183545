"""Hides logins and addresses in a recorded exchange, each byte of them by an asterisk. Pure.

No length changes, since lengths are what tells messages and packets apart. Hidden are the login, in every form in which
it may be sent, and each answer to a challenge; the addresses of the camera and of this machine, and every other address
and host in text; what URLs hold in queries, serial numbers, and contacts in descriptions. Pictures stay as they are.

The bytes of one direction are joined before anything is looked for, because a read may end amid a password.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from services.ingest.recording.private_text import (
    ADDRESSES,
    ANYWHERE,
    AUTHORITY,
    LOGIN_ANSWER,
    hidden,
    without_private_parts,
)
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
_HEAD: Final = re.compile(r"(?:RTSP|HTTP)/1\.\d \d{3}(?:(?!(?:RTSP|HTTP)/1)[^\0]){0,16384}?\n\r?\n")
"""An answer's head is text also where it holds letters beyond ASCII."""
_BASE64: Final = re.compile(r"(?<![\w+/-])[\w+/-]{16,4096}={0,2}(?![\w+/=-])", re.ASCII)
_URL_SAFE: Final = str.maketrans("-_", "+/")
_IS_NUMERIC: Final = re.compile(r"[\d.]+|[^.]*:.*")
_IS_ADDRESS: Final = re.compile(r"[.:]")
_LOGIN_PROOF: Final = re.compile(r"\b(?:response|cnonce)=\"?([^\",\s]+)")


def masked_events(events: Sequence[Event], options: ConnectionOptions, addresses: Iterable[str]) -> tuple[Event, ...]:
    """`events` without the options' login and address. `addresses` are further names and numbers of the camera and of
    this machine."""
    mask = _Mask(options, {*addresses, *_hosts_in(events), *_login_proofs_in(events)})
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


def masked_words(words: str, addresses: Iterable[str]) -> str:
    """`words` for the user, which hold no login, without addresses."""
    text = _searched("", filter(_IS_ADDRESS.search, addresses)).sub(_kept_or_hidden, words)
    for pattern in ADDRESSES:
        text = pattern.sub(hidden, text)
    return text


def _hosts_in(events: Sequence[Event]) -> Iterator[str]:
    """The hosts of all URLs: the camera may name them elsewhere, too."""
    for event in events:
        for found in AUTHORITY.finditer(event.data.decode("latin-1")):
            host = found[2].rpartition("@")[2].partition(":")[0]
            if _if_long(host):
                yield host


def _login_proofs_in(events: Sequence[Event]) -> Iterator[str]:
    """Our answers to challenges. With the camera's part of it one can try passwords, and a camera may repeat them."""
    for event in events:
        if event.direction == "sent":
            for answer in LOGIN_ANSWER.finditer(event.data.decode("latin-1")):
                yield from filter(_if_long, _LOGIN_PROOF.findall(answer[2]))


class _Mask:
    def __init__(self, options: ConnectionOptions, addresses: Iterable[str]) -> None:
        place = options.url.partition("://")[2].partition("/")[0]
        username, password = options.username, options.password
        words = {
            *addresses,
            place,
            place.rpartition(":")[0].strip("[]"),
            login_in_path(options.url),
            _if_long(username),
        }
        words |= {_if_long(word.partition(".")[0]) for word in words if not _IS_NUMERIC.fullmatch(word)}
        self._long = _searched(secret_pattern(_if_long(username), _if_long(password)), filter(_if_long, words))
        login = secret_pattern(username, password)
        self._short = _searched(_as_word(login) if login else "", words)

    def __call__(self, data: bytes) -> bytes:
        text = data.decode("latin-1")
        for pattern in ANYWHERE:
            text = pattern.sub(hidden, text)
        text = self._long.sub(_kept_or_hidden, text)
        for runs in (_HEAD, _TEXT):
            text = runs.sub(self._in_text, text)
        return text.encode("latin-1")

    def _in_text(self, found: re.Match[str]) -> str:
        text = self._short.sub(_kept_or_hidden, found[0])
        return without_private_parts(_BASE64.sub(self._encoded, text))

    def _encoded(self, found: re.Match[str]) -> str:
        """Hidden whole if it encodes something that is to be hidden, such as an address with the login in it."""
        data = found[0].rstrip("=").translate(_URL_SAFE)
        decoded = b64decode(data[: len(data) - (len(data) % 4 == 1)] + "==").decode("latin-1")
        is_private = any(hit["keep"] is None for hit in self._long.finditer(decoded))
        return MASK * len(found[0]) if is_private else found[0]


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
