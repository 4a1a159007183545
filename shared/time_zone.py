"""Time zones by their IANA names, and which one the host has. Owns no clock.

Python has the host's offset, but not its zone's name. Browsers, the archive's rules for other days and people need it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from shared.logs import get_logger

NO_ZONE: Final = "UTC"
LOCAL_TIME: Final = Path("/etc/localtime")
NAME_FILE: Final = Path("/etc/timezone")
_FOLDER: Final = "/zoneinfo/"
_VARIANTS: Final = ("posix/", "right/")
_OTHER_NAMES_OF_UTC: Final = frozenset({"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"})
log = get_logger(__name__)


def check_zone(name: str) -> str:
    """The same name. Raises ValueError, in words, when there is no IANA time zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a directory of the zones, such as Europe
        raise ValueError(f"'{name}' is no time zone such as Europe/Berlin") from None
    return name


ZoneName = Annotated[str, AfterValidator(check_zone)]
"""The name of a time zone, for pydantic to check in a setting, a parameter or a body."""


def local_zone_name() -> str:
    """The zone that TZ names, or else the host's; UTC where its name can't be told.

    A TZ that is no name, such as CET-1CEST, is logged: its clock can be read here, but nobody else would know it.
    """
    given = os.environ.get("TZ", "").removeprefix(":")
    if given and given != str(LOCAL_TIME):
        name = _zone_at(Path(given)) if given.startswith("/") else given
        if _is_zone(name):
            return _plain(name)
        log.warning("TZ is no time zone such as Europe/Berlin", tz=given, used=NO_ZONE)
        return NO_ZONE
    return _plain(next((name for name in _names_of_the_host() if _is_zone(name)), NO_ZONE))


def _names_of_the_host() -> Iterator[str]:
    """Where `localtime` is a link, it says what the host's clock shows. Else it is a copy, and Debian's file has its
    name.
    """
    yield _zone_at(LOCAL_TIME)
    try:
        yield NAME_FILE.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return


def _zone_at(path: Path) -> str:
    """The zone of a file in the system's folder of zones, or of a link to one; empty for any other."""
    name = os.path.realpath(path).partition(_FOLDER)[2]
    for variant in _VARIANTS:
        name = name.removeprefix(variant)
    return name


def _is_zone(name: str) -> bool:
    try:
        return bool(name and check_zone(name))
    except ValueError:
        return False


def _plain(name: str) -> str:
    return NO_ZONE if name in _OTHER_NAMES_OF_UTC else name
