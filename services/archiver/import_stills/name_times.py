"""The time in a still's name or path: as many programs write it, or by a pattern of the owner. Pure.

A time without an offset is that of the clocks on a wall: a datetime without one.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Final, Self

from services.archiver.base.epoch import EPOCH

_MOMENT: Final = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<dash>[-_.:/]?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    # Between date and time: little, or the date is the folder and a word stands before the time.
    r"(?P<between>[-_.:/ ]{0,3}|T|[-_ ]at[-_ ]|/[A-Za-z_-]{1,40})"
    r"(?P<hour>\d\d)(?P<colon>[-_.:/]?)(?P<minute>\d\d)(?:(?P=colon)(?P<second>\d\d))?"
    r"(?P<fraction>\d{3}(?=\D|$)|[.,]\d{1,6}(?=\D|$))?"
    r"(?P<offset>Z(?![A-Za-z0-9])|[+-]\d\d:?\d\d)?(?!\d)"
)
"""Such as 2024-05-01_12-00-00, 20240501120000 (motion, allsky), 2024-05-01/12-00-00 (motionEye), 20240501T120000Z."""
_EPOCH: Final = re.compile(r"(?<![\d.])(?P<seconds>1\d{9})(?:\.?(?P<fraction>\d{1,6}))?(?!\d)")
_DIRECTIVES: Final = {
    "Y": r"\d{4}",
    "y": r"\d\d",
    "m": r"\d{1,2}",
    "b": r"[A-Za-z]{3}",
    "B": r"[A-Za-z]{3,9}",
    "d": r"\d{1,2}",
    "j": r"\d{1,3}",
    "H": r"\d{1,2}",
    "I": r"\d{1,2}",
    "p": r"[AaPp][Mm]",
    "M": r"\d{1,2}",
    "S": r"\d{1,2}",
    "f": r"\d{1,6}",
    "z": r"Z|[+-]\d\d:?\d\d",
    "s": r"\d{9,10}",
}
_NEEDED: Final = (("Y", "y"), ("m", "b", "B", "j"), ("d", "j"), ("H", "I"))


def time_in_name(path: str) -> datetime | None:
    """The last time that a path (with slashes, without suffix) tells; None when it tells none."""
    moments = [moment for found in _MOMENT.finditer(path) if (moment := _moment(found)) is not None]
    if moments:
        return moments[-1]
    found = _EPOCH.search(path.rpartition("/")[2])
    if found is None:
        return None
    return EPOCH + timedelta(seconds=int(found["seconds"]), microseconds=_microseconds(found["fraction"]))


class NamePattern:
    """A pattern such as `%Y-%m-%d/%H-%M-%S`, as strptime has them; `*` stands for anything, and `%s` for epoch seconds.

    It is held against the end of the path, with as many folders as it has itself, with or without the suffix.
    """

    def __init__(self, text: str, expression: re.Pattern[str], directives: list[str]) -> None:
        self._depth = text.count("/") + 1
        self._expression = expression
        self._directives = directives

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, in words, when it tells no time."""
        parts, directives = [], []
        for piece in re.findall(r"%.?|[^%]", text, re.DOTALL):
            name = piece[1:]
            if not piece.startswith("%") or piece == "%%":
                parts.append(r"[^/]*" if piece == "*" else r"[^/]" if piece == "?" else re.escape(piece[-1]))
            elif name not in _DIRECTIVES:
                raise ValueError(f"'{piece}' is not known: there are %{', %'.join(_DIRECTIVES)}")
            elif name in directives:
                parts.append(f"(?:{_DIRECTIVES[name]})")
            else:
                parts.append(f"({_DIRECTIVES[name]})")
                directives.append(name)
        if "s" not in directives and any(not set(each) & set(directives) for each in _NEEDED):
            raise ValueError("it needs %Y, %m, %d and %H, or %s")
        return cls(text, re.compile("".join(parts)), directives)

    def find(self, path: str) -> datetime | None:
        """The time that the path (with slashes, with suffix) tells by this pattern; None when it does not fit."""
        name = "/".join(path.split("/")[-self._depth :])
        for each in (name, str(PurePosixPath(name).with_suffix(""))):
            found = self._expression.fullmatch(each)
            if found is not None:
                return self._time_of(found.groups())
        return None

    def _time_of(self, values: tuple[str, ...]) -> datetime | None:
        by_name = dict(zip(self._directives, values, strict=True))
        try:
            if "s" in by_name:
                part = _microseconds(by_name.get("f"))
                return EPOCH + timedelta(seconds=int(by_name["s"]), microseconds=part)
            directives = " ".join(f"%{name}" for name in self._directives)
            return datetime.strptime(" ".join(values), directives)  # noqa: DTZ007 where it has no offset, it has none
        except ValueError:
            return None


def _moment(found: re.Match[str]) -> datetime | None:
    zone = _zone(found["offset"], may_be_number=found["between"] != "T")
    year, month, day, hour, minute, second = (
        int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    part = _microseconds((found["fraction"] or "").strip(".,"))
    try:
        return datetime(year, month, day, hour, minute, second, part, zone)
    except ValueError:
        return None


def _zone(offset: str | None, *, may_be_number: bool) -> timezone | None:
    """Of `Z`, `+0200` or `-05:00`. Behind a name's time `-0500` is as likely the number of a picture."""
    if offset is None or (may_be_number and offset.startswith("-") and ":" not in offset):
        return None
    if offset == "Z":
        return UTC
    try:
        sign = -1 if offset[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:])))
    except ValueError:
        return None


def _microseconds(digits: str | None) -> int:
    return int((digits or "0")[:6].ljust(6, "0"))
