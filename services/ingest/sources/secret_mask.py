"""Hides secrets in words that are not ours: a camera, FFmpeg or a library may repeat what we sent. Pure.

All such words pass `ConnectionOptions.masked`, which asks here. Our own words never do: they hold no secrets, and masks
in them would show which of their words is the password.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from html import escape
from struct import iter_unpack
from typing import Final

MASK: Final = "***"
MAX_WORDS: Final = 300
"""In characters. No camera explains itself at greater length."""
_DIGEST: Final = re.compile(r"(?<![0-9a-z])[0-9a-f]{32,}(?![0-9a-z])", re.IGNORECASE)
"""The answers of HTTP's Digest, and the hash of user name and password that would serve instead of the password. Each
depends on what the camera sent, so they are known by their shape: MD5's are the shortest."""
_UNPRINTABLE: Final = re.compile(r"[^ -~\u00a1-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
"""Control characters: a terminal obeys them where a log is read."""


def masked(text: str, username: str, password: str, others: Iterable[str]) -> str:
    """`text` without the secrets, in any form in which they may be sent, fit for a log and a status."""
    pattern = secret_pattern(username, password, others)
    if pattern:
        text = re.sub(pattern, MASK, text)
    text = _UNPRINTABLE.sub(" ", _DIGEST.sub(MASK, text))
    return text if len(text) <= MAX_WORDS else f"{text[:MAX_WORDS]} …"


def secret_pattern(username: str, password: str, others: Iterable[str] = ()) -> str:
    """A regular expression for the secrets in any form in which they may be sent, the longest first; empty for none."""
    plain = {username, password, *others} - {""}
    whole = {*plain, *(_encoded(username, password) if username or password else ())}
    return "|".join(map(_pattern, sorted(whole, key=len, reverse=True)))


def _encoded(username: str, password: str) -> Iterator[str]:
    """As HTTP's Basic sends them, the password in base64 and in hexadecimal digits; in both of the usual charsets."""
    pair = f"{username}:{password}"
    for charset in ("utf-8", "latin-1"):
        for word in filter(None, (pair, password)):
            data = word.encode(charset, "replace")
            yield from (encode(data).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))
            yield data.hex()
            yield data.hex().upper()


def _pattern(secret: str) -> str:
    """Matches `secret` with each of its characters as it is or encoded, and the padding that base64 may have."""
    return "".join(map(_character, secret)) + "(?:=|%(?:25)*3[dD])*"


def _character(character: str) -> str:
    utf8 = character.encode("utf-8", "surrogatepass")
    latin1 = character.encode("latin-1", "ignore")
    forms = {character, escape(character), f"\\{character}", utf8.decode("latin-1")}
    forms |= {repr(character)[1:-1], json.dumps(character)[1:-1]}
    forms |= {"".join(f"\\x{byte:02x}" for byte in data) for data in (utf8, latin1) if data}
    if character == " ":
        forms.add("+")
    # Digits are of either case. What is percent-encoded may be so twice.
    encoded = {"".join(f"%(?:25)*{byte:02x}" for byte in data) for data in (utf8, latin1) if data}
    encoded |= {f"&#0*{ord(character)};?", f"&#x0*{ord(character):x};?"}
    encoded.add(
        "".join(rf"\\u{unit:04x}" for (unit,) in iter_unpack(">H", character.encode("utf-16-be", "surrogatepass")))
    )
    plain = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return f"(?:{plain}|(?i:{'|'.join(sorted(encoded))}))"
