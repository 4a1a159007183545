"""What owners write of the archive: what to keep, when to capture, which time-lapses, at which place."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from fuzz.pieces import as_text
from services.archiver.base.capture_rule import due_seconds, idle_slots, parse_rule
from services.archiver.base.daylight import Location, parse_location
from services.archiver.base.retention_policy import Policy, parse_age
from services.archiver.base.timelapse_schedule import parse_schedule

HANDLED: Final = (ValueError,)
ZONE: Final = ZoneInfo("Europe/Berlin")
PLACE: Final = Location(52.5, 13.4)
SINCE: Final = 1_774_742_400
"""A day before Germany's clocks are set ahead in 2026."""
UNTIL: Final = SINCE + 3 * 86_400


def read(data: bytes) -> None:
    """The first byte says of what. What is taken says the same when it is written out and read again."""
    text = as_text(data[1:])
    readers = (_read_policy, _read_capture, _read_schedule, _read_place)
    readers[(data[0] if data else 0) % len(readers)](text)


def _read_policy(text: str) -> None:
    policy = Policy.parse(text, ZONE)
    assert Policy.parse(str(policy), ZONE) == policy
    assert policy.shortest_age().total_seconds() >= 0
    _may_refuse(parse_age, text)


def _read_capture(text: str) -> None:
    rule = parse_rule(text, ZONE, PLACE)
    assert parse_rule(str(rule), ZONE, PLACE) == rule
    spans = list(rule.spans(SINCE, UNTIL))
    assert all(SINCE <= begin < end <= UNTIL for begin, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    idle = sum(end - begin for begin, end in idle_slots(rule, SINCE, UNTIL, 600))
    assert idle + due_seconds(rule, SINCE, UNTIL) <= UNTIL - SINCE


def _read_schedule(text: str) -> None:
    now = datetime.fromtimestamp(UNTIL, UTC)
    for entry in parse_schedule(text):
        period = entry.last_period(now, ZONE)
        begin, end = period.window(ZONE)
        assert begin < end <= now


def _read_place(text: str) -> None:
    place = parse_location(text)
    assert -90 <= place.latitude <= 90  # noqa: PLR2004 as there are
    assert -180 <= place.longitude <= 180  # noqa: PLR2004


def _may_refuse(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except ValueError:
        return
