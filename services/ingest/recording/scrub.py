"""Takes the login and all addresses out of a recording, in each form in which they may be in it. Pure.

What is taken out is overwritten, so that lengths stay true and the recording can be played.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from services.ingest.recording.recording import Recording, streams_of, with_streams
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.secret_mask import overwritten

SHORTEST_ANYWHERE: Final = 4
"""In bytes. A shorter secret may stand in a picture by chance, and is looked for only in words. A shorter value in the
address, such as a channel's number, stands for too much else."""
_FRAME_HEADER_BYTES: Final = 4
_KIND_AT: Final = 5
_RTCP: Final = range(200, 208)
_WORDS_END: Final = b"\r\n\r\n"
_NAMED: Final = re.compile(r"=([^&/;?#=]+)")
_LOGIN: Final = re.compile(r"(?im)^((?:proxy-)?authorization:[ \t]*)([^\r\n]*)")
_PLACES: Final = (
    re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"),  # IPv4
    re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){4,7}[0-9a-fA-F]{0,4}(?![\w:])"),  # IPv6
    re.compile(r"(?<![\w:-])(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}(?![\w:-])"),  # of network hardware
    re.compile(r"(?<=://)[^\s/\"']+"),  # whatever host stands in an address
)
_ZERO: Final = re.compile(r"[0-9a-zA-Z]")


def scrubbed(recording: Recording, options: ConnectionOptions) -> Recording:
    """The same recording without the login and the addresses of `options`, and without those of other hosts."""
    secrets = _secrets(options)
    streams = {
        key: b"".join(_clean(piece, secrets, is_words=is_words) for piece, is_words in pieces(data))
        for key, data in streams_of(recording.chunks).items()
    }
    words = tuple(_clean(word.encode(), secrets, is_words=True).decode(errors="replace") for word in recording.words)
    return replace(recording, words=words, chunks=with_streams(recording.chunks, streams))


def pieces(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """A stream in pieces, and whether each is words rather than a packet with a piece of a picture."""
    start = 0
    while start < len(data):
        if data[start : start + 1] == b"$":
            end = start + _FRAME_HEADER_BYTES + int.from_bytes(data[start + 2 : start + 4], "big")
            piece = data[start:end]
            # A report may hold a name like user@host.
            yield piece, len(piece) > _KIND_AT and piece[_KIND_AT] in _RTCP
        else:
            found = data.find(_WORDS_END, start)
            end = len(data) if found < 0 else found + len(_WORDS_END)
            piece = data[start:end]
            yield piece, b"\0" not in piece
        start = end


def _secrets(options: ConnectionOptions) -> tuple[str, ...]:
    parts = urlsplit(options.url)
    target = options.url.partition("://")[2].partition("/")[2]
    named = _NAMED.findall(target)
    values = [value for _, value in parse_qsl(parts.query)] + named + [part for one in named for part in one.split("_")]
    values = [value for value in values if len(value) >= SHORTEST_ANYWHERE]
    return (options.username, options.password, parts.hostname or "", f"/{target}" if target else "", *values)


def _clean(data: bytes, secrets: tuple[str, ...], *, is_words: bool) -> bytes:
    shown = [secret for secret in secrets if is_words or len(secret.encode()) >= SHORTEST_ANYWHERE]
    text = overwritten(data.decode("latin-1"), secrets[0], secrets[1], shown, digests=is_words)
    if is_words:
        text = _LOGIN.sub(lambda found: found[1] + "*" * len(found[2]), text)
        for pattern in _PLACES:
            text = pattern.sub(lambda found: _ZERO.sub("0", found[0]), text)
    return text.encode("latin-1")
