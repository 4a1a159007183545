"""Hides secrets in words that are not ours: a camera, FFmpeg or a library may repeat what we sent. Pure.

All such words pass `ConnectionOptions.masked`, which asks here. Our own words never do: they hold no secrets, and masks
in them would show which of their words is the password.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from html import escape
from html.entities import codepoint2name
from typing import Final

MASK: Final = "***"
MAX_WORDS: Final = 300
"""In characters. No camera explains itself at greater length."""
_DIGEST: Final = re.compile(r"[0-9a-f]{2}(?:[:\s]{0,2}[0-9a-f]{2}){15,}[0-9a-f]?", re.IGNORECASE)
"""The answers of HTTP's Digest, and the hash of user name and password that would serve instead of the password. Each
depends on what the camera sent, so they are known by their shape: MD5's are the shortest. Bytes may be set apart."""
_ESCAPE: Final = r"\\{1,8}"
"""Backslashes that were escaped again. A bound, because a search for any number of them takes long."""
_FOLD: Final = rf"(?:=?\r?\n[ \t]*|{_ESCAPE}[rn])*"
"""Mail folds long words into lines of 76 characters, and so do some tools that make base64."""
_UNPRINTABLE: Final = re.compile(
    r"[^ -~\u00a1-\U0010ffff]|[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Control characters, which a terminal obeys where a log is read, and those that end a line or can't be seen."""


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
    encoded = {*(_encoded(username, password) if username or password else ())} - plain
    patterns = {word: _pattern(word, _character) for word in plain}
    patterns |= {word: _pattern(word, _digit) for word in encoded}
    return "|".join(patterns[word] for word in sorted(patterns, key=len, reverse=True))


def _encoded(username: str, password: str) -> Iterator[str]:
    """As HTTP's Basic sends them, the password in base64 and in hexadecimal digits; in both of the usual charsets."""
    pair = f"{username}:{password}"
    for charset in ("utf-8", "latin-1"):
        for word in filter(None, (pair, password)):
            data = word.encode(charset, "replace")
            yield from (encode(data).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))
            yield data.hex()
            yield data.hex().upper()


def _pattern(secret: str, form_of: Callable[[str], str]) -> str:
    """Matches `secret` with each of its characters as it is or encoded, folded into lines, and base64's padding."""
    return _FOLD.join(map(form_of, secret)) + f"(?:{_FOLD}(?:=|%(?:25)*3[dD]))*"


def _digit(character: str) -> str:
    """One of base64 or hexadecimal: a letter or a number is seldom encoded again, and then for a URL."""
    return f"(?:{character}|%(?:25){{0,8}}{ord(character):02x})" if character.isalnum() else _character(character)


def _character(character: str) -> str:
    utf8 = character.encode("utf-8", "surrogatepass")
    latin1 = character.encode("latin-1", "ignore")
    forms = {character, escape(character), f"\\{character}", utf8.decode("latin-1")}
    forms |= {repr(character)[1:-1], json.dumps(character)[1:-1]}
    if character == " ":
        forms.add("+")
    plain = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    number, utf16 = ord(character), character.encode("utf-16-be", "surrogatepass")
    coded = [rf"&#0{{0,8}}{number};?", rf"&#x0{{0,8}}{number:x};?", f"%u{number:04x}"]
    coded += [f"&{name};" for name in (codepoint2name.get(number), "apos" if character == "'" else None) if name]
    coded.append("".join(f"{_ESCAPE}u{utf16[at : at + 2].hex()}" for at in range(0, len(utf16), 2)))
    coded.append(rf"{_ESCAPE}u\{{0{{0,8}}{number:x}\}}")
    for data in filter(None, {utf8, latin1}):
        # In URLs, there also what was encoded again; in C and Python; in mail (quoted-printable).
        for before, digits in (("%(?:25){0,8}", "02x"), (f"{_ESCAPE}x", "02x"), (_ESCAPE, "03o"), ("=", "02x")):
            coded.append("".join(f"{before}{byte:{digits}}" for byte in data))
    return f"(?:{plain}|(?i:{'|'.join(sorted(set(coded)))}))"  # digits of either case
