"""When pictures are due: `CAPTURE_WHEN` as a rule. Owns the setting's grammar; knows no camera and no clock.

    always
    daylight, daylight+30m                          from sunrise to sunset, here half an hour more at both ends
    mon-fri 06:00-20:00; sat,sun 22:00-04:00        hours of days, by the clock of the archive's zone

A rule answers with stretches of UTC epoch seconds. docs/archive.md describes it for users.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol
from zoneinfo import ZoneInfo

from services.archiver.base.daylight import Daylight, Location, parse_margin
from services.archiver.base.weekly_hours import WeeklyHours, parse_hours

ALWAYS_WORD: Final = "always"
GRAMMAR: Final = (
    "always, or daylight (daylight+30m for half an hour more at both ends, daylight-1h for an hour less), or hours "
    "such as mon-fri 06:00-20:00; sat,sun 22:00-04:00"
)
_LOOK_AHEAD_DAYS: Final = (2, 10, 400)
"""A polar night takes half a year."""
_DAY_SECONDS: Final = 86_400


class CaptureRule(Protocol):
    """Says when pictures are due. Rules with the same answers are equal."""

    @property
    def opening(self) -> str | None:
        """What the begin of a due stretch is called, such as `sunrise`; None for a mere time of day."""

    def spans(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """The due stretches within [since, until), in order, with time between them."""


@dataclass(frozen=True, slots=True)
class Always:
    """Every slot is due."""

    opening: ClassVar[None] = None

    def spans(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """See `CaptureRule`."""
        if since < until:
            yield since, until

    def __str__(self) -> str:
        return ALWAYS_WORD


ALWAYS: Final = Always()
RuleOf = Callable[[str], CaptureRule]
"""The rule of the camera with this key."""


def always(_camera_key: str) -> CaptureRule:
    """The rule of every camera where none is set."""
    return ALWAYS


def parse_rule(text: str, zone: ZoneInfo, location: Location | None) -> CaptureRule:
    """Read `CAPTURE_WHEN`. Raises ValueError, in words, when it is no rule, or needs a location that is not set."""
    plain = " ".join(text.lower().split())
    if plain == ALWAYS_WORD:
        return ALWAYS
    if plain.startswith("daylight"):
        margin_seconds = parse_margin(plain)
        if location is None:
            raise ValueError("daylight needs LOCATION, such as 52.5,13.4")
        return Daylight(location, margin_seconds)
    return WeeklyHours(parse_hours(plain), zone)


def is_due(rule: CaptureRule, instant: int) -> bool:
    """Whether a picture of this second is wanted."""
    return next(rule.spans(instant, instant + 1), None) is not None


def next_due(rule: CaptureRule, since: int) -> int | None:
    """The first due second from `since` on; None when there is none within 400 days."""
    for days in _LOOK_AHEAD_DAYS:
        span = next(rule.spans(since, since + days * _DAY_SECONDS), None)
        if span is not None:
            return span[0]
    return None


def due_seconds(rule: CaptureRule, since: int, until: int) -> int:
    """How much of the stretch is due."""
    return sum(end - begin for begin, end in rule.spans(since, until))


def idle_slots(rule: CaptureRule, since: int, until: int, interval_seconds: int) -> Iterator[tuple[int, int]]:
    """The stretches of whole slots in which nothing is due. A slot of which a moment is due is none of them."""
    at = since
    for begin, end in rule.spans(since, until):
        first = begin // interval_seconds * interval_seconds
        if first > at:
            yield at, first
        at = max(at, -(-end // interval_seconds) * interval_seconds)
    if at < until:
        yield at, until
