"""Answers that a browser may keep: their headers, and whether it has the present one already."""

from typing import Final

FOR_EVER: Final = "private, max-age=31536000, immutable"
"""For what never changes at its address. Only the viewer's own browser may keep it, no proxy."""
REVALIDATED: Final = "private, no-cache"
"""For an address that may show something else one day: a browser asks each time whether its copy is still the one."""


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the request's `If-None-Match` names this ETag."""
    if if_none_match is None:
        return False
    given = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in given or etag in given
