"""The text over a picture: `{name}` is the camera's name, `{time}` the time of the picture. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Final

from shared.clock import NS_PER_SECOND

MAX_CHARACTERS: Final = 100
OVERLAY_FORM: Final = (
    f"up to {MAX_CHARACTERS} characters on one line, in which {{name}}, {{time}} and {{time:%H:%M}} may stand"
)
DEFAULT_TIME: Final = "%Y-%m-%d %H:%M:%S"
_FIELD: Final = re.compile(r"\{(name|time)(?::([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class OverlayText:
    """What to write. `zone` is that of the times; None is the computer's own."""

    template: str
    camera_name: str = ""
    zone: tzinfo | None = None

    def at(self, captured_at_ns: int) -> str:
        """The text for a picture of that instant (UTC epoch nanoseconds)."""
        return _text(self, captured_at_ns // NS_PER_SECOND)


@lru_cache(maxsize=4)
def _text(overlay: OverlayText, second: int) -> str:
    moment = datetime.fromtimestamp(second, overlay.zone)

    def filled(field: re.Match[str]) -> str:
        return overlay.camera_name if field[1] == "name" else moment.strftime(field[2] or DEFAULT_TIME)

    return " ".join(_FIELD.sub(filled, overlay.template).split())


def check_template(text: str) -> str:
    """
    Raises:
        ValueError: when `text` can't be written over a picture.
    """
    rest = _FIELD.sub("", text)
    has_format_of_name = any(field[1] == "name" and field[2] is not None for field in _FIELD.finditer(text))
    if (
        not 1 <= len(text) <= MAX_CHARACTERS
        or not text.isprintable()
        or "{" in rest
        or "}" in rest
        or has_format_of_name
    ):
        raise ValueError(text)
    return text
