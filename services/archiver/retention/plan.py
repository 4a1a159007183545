"""The plan: which frames expire, when and why. Pure: frames and a policy in, expiries out; no clock, database or file.

A tier keeps one frame of each hour, day or week. Which one is decided when that stretch is over; until then all of its
frames stay. The choice depends only on the frames that are there, and the chosen frame never expires before the others.
So a plan may be carried out in part, in any order and again, and the archive ends up the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final, TypeVar

from services.archiver.base.local_time import ONE_DAY, at_local, day_of, monday_of, nearest
from services.archiver.base.retention_policy import NOON, Policy, Tier, TierName

FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)
MIDNIGHT: Final = time()
OVER_BUDGET: Final = "the oldest, beyond ARCHIVE_MAX_BYTES"
OVER_OWN_BUDGET: Final = "the oldest of its camera, beyond its archive_max_bytes"
NEWEST: Final = "the newest of its camera"
KEPT: Final = "marked as kept"
KeyT = TypeVar("KeyT", date, datetime)


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """The columns of a row that the plan needs."""

    id: int
    camera_key: str
    captured_at: datetime
    byte_count: int
    is_manual: bool = False
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Expiry:
    """A frame expires at `until` (`FOR_EVER`: never); `why` names the tier that keeps it until then."""

    frame: FrameInfo
    until: datetime
    why: str


def expiries(frames: Sequence[FrameInfo], policy: Policy, newest: frozenset[int] = frozenset()) -> list[Expiry]:
    """When one camera's frames expire. They must be all frames of some whole local weeks (see `weeks`).

    `newest` are the ids of frames that always stay. So do those that are marked as kept; a tier may choose one of them.
    """
    manual = [_manual(frame, policy) for frame in frames if frame.is_manual]
    of_slots = [frame for frame in frames if not frame.is_manual]
    best = {frame.id: Expiry(frame, frame.captured_at, "no tier keeps it") for frame in of_slots}
    for tier in policy.slot_tiers:
        for expiry in _KEEPS[tier.name](of_slots, tier, policy):
            if expiry.until > best[expiry.frame.id].until:
                best[expiry.frame.id] = expiry
    return [_spared(expiry, newest) for expiry in (*manual, *best.values())]


def over_budget(
    oldest_first: Iterable[FrameInfo], excess_bytes: int, newest: frozenset[int], why: str = OVER_BUDGET
) -> Iterator[Expiry]:
    """The oldest frames that together hold `excess_bytes`. Manual captures, kept frames and the `newest` stay."""
    for frame in oldest_first:
        if excess_bytes <= 0:
            return
        if not (frame.is_manual or frame.is_kept or frame.id in newest):
            excess_bytes -= frame.byte_count
            yield Expiry(frame, frame.captured_at, why)


def weeks(frames: Iterable[FrameInfo], policy: Policy) -> Iterator[list[FrameInfo]]:
    """One camera's frames, given oldest first, by local week: the longest stretch of any tier."""
    for _, week in groupby(frames, key=lambda frame: monday_of(frame.captured_at, policy.zone)):
        yield list(week)


def _all(frames: Sequence[FrameInfo], tier: Tier, _policy: Policy) -> Iterator[Expiry]:
    return (Expiry(frame, _later(frame.captured_at, tier.age), str(tier)) for frame in frames)


def _hourly(frames: Sequence[FrameInfo], tier: Tier, _policy: Policy) -> Iterator[Expiry]:
    for hour, group in _grouped(frames, lambda at: at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)):
        yield from _one_of(group, nearest(group, hour), hour + timedelta(hours=1), tier)


def _daily(frames: Sequence[FrameInfo], tier: Tier, policy: Policy) -> Iterator[Expiry]:
    for day, group in _grouped(frames, lambda at: day_of(at, policy.zone)):
        chosen = nearest(group, at_local(day, tier.at or NOON, policy.zone))
        yield from _one_of(group, chosen, at_local(day + ONE_DAY, MIDNIGHT, policy.zone), tier)


def _weekly(frames: Sequence[FrameInfo], tier: Tier, policy: Policy) -> Iterator[Expiry]:
    """Keep the frame that a daily tier would keep of the week's first day with frames."""
    for monday, group in _grouped(frames, lambda at: monday_of(at, policy.zone)):
        day, of_day = min(_grouped(group, lambda at: day_of(at, policy.zone)), key=lambda pair: pair[0])
        chosen = nearest(of_day, at_local(day, tier.at or NOON, policy.zone))
        yield from _one_of(group, chosen, at_local(monday + 7 * ONE_DAY, MIDNIGHT, policy.zone), tier)


_KEEPS: Final[dict[TierName, Callable[[Sequence[FrameInfo], Tier, Policy], Iterator[Expiry]]]] = {
    TierName.ALL: _all,
    TierName.HOURLY: _hourly,
    TierName.DAILY: _daily,
    TierName.WEEKLY: _weekly,
}


def _one_of(group: Iterable[FrameInfo], chosen: FrameInfo, end: datetime, tier: Tier) -> Iterator[Expiry]:
    """The chosen frame's age counts from the end of the stretch, which is when the others expire."""
    for frame in group:
        yield Expiry(frame, _later(end, tier.age) if frame is chosen else end, str(tier))


def _grouped(frames: Iterable[FrameInfo], key_of: Callable[[datetime], KeyT]) -> list[tuple[KeyT, list[FrameInfo]]]:
    groups: dict[KeyT, list[FrameInfo]] = {}
    for frame in frames:
        groups.setdefault(key_of(frame.captured_at), []).append(frame)
    return list(groups.items())


def _manual(frame: FrameInfo, policy: Policy) -> Expiry:
    age = policy.manual_age
    return Expiry(frame, _later(frame.captured_at, age), str(Tier(TierName.MANUAL, age)))


def _spared(expiry: Expiry, newest: frozenset[int]) -> Expiry:
    """The same, or for ever if the frame stays whatever the tiers say."""
    if expiry.frame.is_kept:
        return Expiry(expiry.frame, FOR_EVER, KEPT)
    return Expiry(expiry.frame, FOR_EVER, NEWEST) if expiry.frame.id in newest else expiry


def _later(instant: datetime, age: timedelta | None) -> datetime:
    return FOR_EVER if age is None else instant + age
