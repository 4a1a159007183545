"""What a client's `Accept` tells: whether it is a browser's `<img>`, and whether it would rather read words. Pure."""

from collections.abc import Iterator
from typing import Final

_BROWSERS_OWN: Final = ("image/avif", "image/webp", "image/apng", "image/svg+xml", "image/png", "image/jxr", "image/*")
_PAGE: Final = "application/xhtml+xml"
"""Browsers name it where they take a page: in the address bar and in a frame."""
_PROGRAMS_OWN: Final = ("image/jpeg", "image/jpg", "multipart/")


def is_browsers_image(accept: str) -> bool:
    """Browsers name image types for an `<img>`, and none of them names JPEG or multipart, which programs name."""
    named = [media_type for media_type, _ in _ranges(accept)]
    if _PAGE in named:
        return True
    return any(one in _BROWSERS_OWN for one in named) and not any(one.startswith(_PROGRAMS_OWN) for one in named)


def prefers_words(accept: str) -> bool:
    """Whether JSON is dearer to it than a JPEG. Without a preference (`*/*`, or nothing) it is not."""
    ranges = list(_ranges(accept))
    return bool(ranges) and _rank(ranges, "application/json") > _rank(ranges, "image/jpeg")


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """The media types of an `Accept`, in lower case, each with its weight."""
    for part in accept.lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        if media_type:
            yield media_type, _weight(parameters)


def _weight(parameters: list[str]) -> float:
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _rank(ranges: list[tuple[str, float]], media_type: str) -> tuple[float, int]:
    """The weight of a type by the range that names it most precisely (RFC 9110, 12.5.1), and how precisely that is."""
    names = ("*/*", f"{media_type.partition('/')[0]}/*", media_type)
    precision, weight = max(((names.index(one), weight) for one, weight in ranges if one in names), default=(-1, 0.0))
    return (weight, precision) if weight > 0 else (0.0, 0)
