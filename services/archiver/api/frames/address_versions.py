"""The part `v` of a picture's address, which changes with what the address shows. So a browser may keep it for ever.

An id alone names a row of one database. An older copy of the database, or a new one, gives the same id to another
picture. `pages/timeline/sheets.js` computes the same.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Query

from services.archiver.api.caching import FOR_EVER, REVALIDATED
from services.archiver.db.frame_columns import HASH_DIGITS
from services.archiver.db.models import ArchivedFrame

_FNV_START: Final = 0x811C9DC5
_FNV_PRIME: Final = 0x01000193

Version = Annotated[
    str | None, Query(alias="v", max_length=64, description="what the address shows; with it browsers may keep it")
]


def caching_of(frame: ArchivedFrame, version: str | None) -> str:
    """The `Cache-Control` of one frame's picture: for ever if the version is the beginning of its SHA-256."""
    is_its_own = version is not None and len(version) >= HASH_DIGITS and frame.sha256.startswith(version)
    return FOR_EVER if is_its_own else REVALIDATED


def sheet_version(frames: Sequence[ArchivedFrame | None]) -> str:
    """A digest of a sheet's ids and hashes: FNV-1a with 32 bits, as eight hexadecimal digits.

    SHA-256 would do as well, but a page without HTTPS has none.
    """
    pairs = (f"{frame.id}.{frame.sha256[:HASH_DIGITS]}" for frame in frames if frame is not None)
    value = _FNV_START
    for byte in ",".join(pairs).encode():
        value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return f"{value:08x}"
